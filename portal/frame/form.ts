import type { IncomingMessage } from 'node:http';
import { receive } from '../../server/http/frame/body.ts';
import type { Upload } from '../../server/http/frame/upload.ts';
import type { ReceivedFile } from '../../server/http/route.ts';
import { Refusal } from './refusal.ts';

const TYPE = 'application/x-www-form-urlencoded';

/** The fields of a form, as a browser sends them. */
export class Form {
  readonly text: string;
  readonly #fields: URLSearchParams;
  constructor(text = '') {
    this.text = text;
    this.#fields = new URLSearchParams(text);
  }
  /** The first of that name; empty when there is none. */
  get(name: string): string {
    return this.#fields.get(name) ?? '';
  }
  all(name: string): string[] {
    return this.#fields.getAll(name);
  }
  entries(): [string, string][] {
    return [...this.#fields];
  }
  has(name: string): boolean {
    return this.#fields.has(name);
  }
}

/** Reads a form body. Throws `Refusal` 422 for anything else, and as `receive` does. */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== TYPE) throw new Refusal(422);
  return new Form((await receive(request)).toString('utf8'));
}

/** Whether a form came with a file. */
export function isMultipart({ headers }: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

/** What came with a form: the part `file`, and further ones by the name of their part. */
export interface FormFiles {
  file: ReceivedFile | undefined;
  files: Readonly<Record<string, ReceivedFile>>;
}

/** The same of a form with files, which lie in a private folder until the upload is discarded. */
export async function readUpload(upload: Upload): Promise<FormFiles & { form: Form }> {
  const { values, file, files } = await upload.read();
  const texts = Object.entries(values).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { form: new Form(new URLSearchParams(texts).toString()), file, files };
}
