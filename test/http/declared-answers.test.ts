import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { openRoute, TextReply } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import { type ErrorName, HostError, type Reason } from '../../server/model/errors.ts';
import { startTestHost } from '../support/host.ts';

describe('what routes answer', () => {
  for (const { method, path, answer, page } of routes) {
    it(`is declared by ${method} ${path}${page ? ', a page' : ''}`, () => {
      assert.ok(answer);
      assert.equal('media' in answer && answer.media === 'text/html', page === true);
    });
  }

  for (const { method, path, errors } of routes) {
    it(`are all declared that ${method} ${path} refuses with`, () => assert.ok(errors));
  }

  const UNDECLARED: [title: string, error: ErrorName, reason: Reason | undefined, told: string][] = [
    ['a refusal that is not declared', 'user_unknown', undefined, 'refuses with user_unknown'],
    ['a word that is not declared', 'handle_taken', 'taken', 'blames with taken'],
  ];
  for (const [title, error, reason, told] of UNDECLARED) {
    it(`fails a test by ${title}, with the route`, async () => {
      const wrong = openRoute({
        method: 'GET',
        path: '/wrong',
        summary: '',
        answer: z.unknown(),
        errors: ['handle_taken'],
        respond: () => {
          throw new HostError(error, { ...(reason && { because: { reason } }) });
        },
      });
      const host = await startTestHost({ routes: [wrong] });
      try {
        await assert.rejects(host.request('GET', '/wrong'), ({ message }: Error) =>
          message.includes(`GET /wrong: ${told}`),
        );
      } finally {
        await host.stop();
      }
    });
  }

  const WRONG: [title: string, answer: unknown, path: string][] = [
    ['a member that is not declared', { name: 'a', inner: { code: 1, secret: 's' } }, 'secret'],
    ['a member of another type', { name: 'a', inner: { code: '1' } }, '"inner","code"'],
    ['a member that is missing', { name: 'a' }, 'inner'],
    ['another media type', new TextReply('a'), 'text/plain'],
  ];
  for (const [title, given, told] of WRONG) {
    it(`fails a test by ${title}, with the route and the path`, async () => {
      const answer = z.strictObject({ name: z.string(), inner: z.strictObject({ code: z.number() }) });
      const respond = () => given;
      const wrong = openRoute({ method: 'GET', path: '/wrong', summary: '', answer, respond });
      const host = await startTestHost({ routes: [wrong] });
      try {
        await assert.rejects(host.request('GET', '/wrong'), ({ message }: Error) => {
          return message.includes('GET /wrong: ') && message.includes(told);
        });
      } finally {
        await host.stop();
      }
    });
  }
});
