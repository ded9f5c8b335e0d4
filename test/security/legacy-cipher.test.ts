import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TamperError } from '../../server/ports/sealing.ts';
import { openLegacyField } from '../../server/security/legacy-cipher.ts';

describe('a field of an old installation', () => {
  const FIELD = 'AAECAwQFBgcICQoLDA0ODyeiEwtJnTf4yxf4bZkeMA==';

  it('opens as in the test vector of contract §5.11', () => {
    assert.equal(openLegacyField(FIELD, 'contract-test-key'), 'compatible host');
  });

  it('does not open as rubbish with another key', () => {
    assert.throws(() => openLegacyField(FIELD, 'another key'), TamperError);
  });

  it('has at least 17 bytes in plain base64', () => {
    for (const text of ['', 'AAAA', Buffer.alloc(16).toString('base64'), 'compatible host', `${FIELD}\n`]) {
      assert.throws(() => openLegacyField(text, 'contract-test-key'), TamperError, text);
    }
  });
});
