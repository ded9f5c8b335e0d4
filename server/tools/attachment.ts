/**
 * `Content-Disposition` for a file that is only ever kept: under its own name, in letters that every client
 * reads and, where those are not enough, in UTF-8 as well (RFC 6266 §4.3, RFC 8187 §3.2). What no file system
 * takes in a name is `_`.
 */
export function attachment(name: string): string {
  const kept = name.toWellFormed().replaceAll(/[\p{Cc}"/\\]/gu, '_');
  const plain = kept.replaceAll(/[^\w.-]/g, '_');
  if (plain === kept) return `attachment; filename="${plain}"`;
  const encoded = encodeURIComponent(kept).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
