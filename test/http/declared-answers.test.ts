import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { openRoute, TextReply } from '../../server/http/route.ts';
import { routes } from '../../server/http/routes/index.ts';
import { startTestHost } from '../support/host.ts';

describe('what routes answer', () => {
  for (const { method, path, answer, page } of routes) {
    it(`is declared by ${method} ${path}${page ? ', a page' : ''}`, () => {
      assert.ok(answer);
      assert.equal('media' in answer && answer.media === 'text/html', page === true);
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
