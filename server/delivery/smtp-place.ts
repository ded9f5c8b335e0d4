import { isLoopback } from '../model/config.ts';

/** What an SMTP address says. */
export interface SmtpPlace {
  /** Without brackets. */
  host: string;
  port: number;
  /** TLS from the first byte. */
  secure: boolean;
  /** No word before STARTTLS. */
  requireTLS: boolean;
  rejectUnauthorized: boolean;
  user: string;
  password: string;
}

/** Reads an address that `SMTP_URL` took. */
export function smtpPlace(url: string): SmtpPlace {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const isLocal = isLoopback(hostname.toLowerCase());
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && password !== '' && !isLocal,
    rejectUnauthorized: secure || !isLocal,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
