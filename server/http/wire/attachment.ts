/**
 * `Content-Disposition` for a file that is only ever kept: under its own name, in letters that every client
 * reads and, where those are not enough, in UTF-8 (RFC 6266 §4.3).
 */
export function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w.-]/g, '_');
  if (plain === name) return `attachment; filename="${plain}"`;
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
