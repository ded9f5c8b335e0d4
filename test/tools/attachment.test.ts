import assert from 'node:assert/strict';
import { it } from 'node:test';
import { attachment } from '../../server/tools/attachment.ts';

const NAMES: [name: string, plain: string, encoded?: string][] = [
  ['report-1.csv', 'report-1.csv'],
  // RFC 8187 §3.2.3 has this one.
  ['€ rates', '__rates', '%E2%82%AC%20rates'],
  ["it's (1)*.txt", 'it_s__1__.txt', 'it%27s%20%281%29%2A.txt'],
  ['写真.jpg', '__.jpg', '%E5%86%99%E7%9C%9F.jpg'],
  ['a"\r\nb', 'a___b'],
  ['../../etc/passwd', '.._.._etc_passwd'],
  ['half \ud83d', 'half__', 'half%20%EF%BF%BD'],
];

it("an attachment's name is in the header twice where ASCII is not enough", () => {
  for (const [name, plain, encoded] of NAMES) {
    const also = encoded === undefined ? '' : `; filename*=UTF-8''${encoded}`;
    assert.equal(attachment(name), `attachment; filename="${plain}"${also}`);
  }
});
