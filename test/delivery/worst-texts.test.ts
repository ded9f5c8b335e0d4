import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRenderer } from '../../server/delivery/render.ts';
import { HostError } from '../../server/model/errors.ts';
import type { Template } from '../../server/model/template.ts';
import { tooSlow } from '../support/growth.ts';

const SIZE = 64_000;
/** Ten times what 64 KB may take. */
const CEILING_MS = 1_000;
const renderer = createRenderer({ dataDir: '/nowhere', events: { emit() {} } });

/**
 * Pieces that a pattern with two ways to match, or a look ahead for an end that never comes, would be slow
 * on.
 */
const REPEATED = [
  '<a href="" ',
  "<a href='",
  '<a href="x">y',
  '<a b="',
  '<a ',
  '<',
  '</',
  '<!--',
  '<!-- -',
  '<style ',
  '<style>',
  '<title></titl',
  '<br',
  '<li ',
  '</p ',
  '<br> ',
  '&nbsp;',
  '&',
  '&#',
  ' ',
  '\n',
  'a\n ',
  '{',
  '{{ ',
  '{{CODE}}',
  '{{#if CODE}}',
  '{{#if CODE}}\n',
  '{{#if CODE}}x{{/if}}',
  '{{#if CODE}}{{else}}{{/if}}',
  '{{~CODE~}}      ',
  '{{^}}',
  '{{!',
  '{{!-- x --}}',
  '\\{{',
  '%A',
  '%CODE%',
  '%LINK%',
  ' href="{{LINK}}"',
  ' alt="',
  '[[',
  '[[a',
];
const TEXTS: { name: string; text: (size: number) => string }[] = [
  ...REPEATED.map((piece) => ({
    name: JSON.stringify(piece),
    text: (size: number) => piece.repeat(size / piece.length),
  })),
  {
    name: 'conditions inside each other',
    text: (size) => `${'{{#if CODE}}'.repeat(size / 19)}x${'{{/if}}'.repeat(size / 19)}`,
  },
  {
    name: 'conditions on lines, inside each other',
    text: (size) => `${'{{#if CODE}}\n'.repeat(size / 21)}x\n${'{{/if}}\n'.repeat(size / 21)}`,
  },
  {
    name: 'different conditions',
    text: (size) => Array.from({ length: size / 25 }, (_, n) => `{{#if CODE}}${n}{{/if}}`).join(''),
  },
];

describe('the worst texts of 64 KB', () => {
  for (const { name, text } of TEXTS) {
    it(`are checked in time that grows with them: ${name}`, () => {
      const check = (size: number) => {
        const htmlTemplate = `%LINK%${text(size)}`;
        return () => {
          try {
            renderer.check({ name: 'signUpLink', subject: 'Hello', htmlTemplate });
          } catch (error) {
            assert(error instanceof HostError, String(error));
          }
        };
      };
      assert.equal(tooSlow(check, { size: SIZE, ceilingMs: CEILING_MS }), undefined);
    });

    it(`are filled in time that grows with them: ${name}`, () => {
      let revision = 0;
      const fill = (size: number) => {
        const template: Template = {
          id: `${name} ${size}`,
          appId: 'a',
          revision: 1,
          name: 'signUpLink',
          locale: 'EN',
          subject: text(998),
          htmlTemplate: `%LINK%${text(size)}`,
          createdAt: 0,
          updatedAt: 0,
        };
        const values = { LINK: 'https://auth.example.com/x', CODE: '123456', HANDLE: 'a@example.com' };
        return () => {
          const stored = { ...template, revision: ++revision };
          renderer.message({ name: 'signUpLink', locale: 'EN', template: stored, values, app: undefined });
        };
      };
      assert.equal(tooSlow(fill, { size: SIZE, ceilingMs: CEILING_MS }), undefined);
    });
  }
});
