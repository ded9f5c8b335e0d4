/**
 * A body of `multipart/form-data` (RFC 7578) whose files are read as they are sent, and whose length is
 * known. Not every runtime does that with a `FormData`: some read all its files first.
 */
export function formOf(parts: readonly (readonly [name: string, value: string | Blob])[]): Blob {
  // In lower case, as a blob's type is.
  const boundary = `form-${crypto.randomUUID()}`;
  const body = parts.flatMap(([name, value]) => {
    const isFile = value instanceof Blob;
    const file = isFile
      ? `; filename="file"\r\nContent-Type: ${value.type || 'application/octet-stream'}`
      : '';
    return [
      `--${boundary}\r\nContent-Disposition: form-data; name="${encodeURIComponent(name)}"${file}\r\n\r\n`,
      value,
      '\r\n',
    ];
  });
  return new Blob([...body, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` });
}
