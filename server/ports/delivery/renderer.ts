import type { App } from '../../model/app.ts';
import type { MessageName, Template } from '../../model/template.ts';

/** What a rendered message consists of. */
export interface RenderedMessage {
  subject: string;
  text: string;
  html: string;
  replyTo: string | undefined;
}

/** How long a code or link holds. */
export interface Life {
  count: number;
  unit: 'second' | 'minute' | 'hour' | 'day';
}

/**
 * Texts: built-in ones per locale (read at start) and the apps' own edited ones (compiled once per revision).
 */
export interface Renderer {
  /** Whether this message has a built-in text in that very locale. */
  hasBuiltIn(name: MessageName, locale: string): boolean;
  /**
   * Fills a message. `template` is the app's edited text or undefined for the built-in one of `locale` (else
   * EN). Values are escaped in HTML. `LINK` becomes an anchor in HTML. A stored text that cannot be rendered
   * falls back to the built-in one and emits `template_failed`.
   */
  message(input: {
    name: MessageName;
    locale: string;
    template: Template | undefined;
    values: Record<string, string>;
    /** Adds a fixed paragraph at the end: more than one password was asked for in this signup. */
    contested?: boolean;
    /** Becomes `VALID_FOR` in the language of the text. */
    validFor?: Life | undefined;
    /** Whose address, colour and logo it shows. */
    app: App | undefined;
  }): RenderedMessage;
  /** The built-in text of an editable template in the stored form with %PLACEHOLDERS%, for the portal. */
  builtIn(
    name: MessageName,
    locale: string,
  ): { subject: string; htmlTemplate: string; localeLinkText?: string };
  /**
   * Throws `refused` with the placeholder's name in `detail` when a text to be stored has an unknown
   * placeholder, lacks one it needs or does not parse.
   */
  check(input: { name: MessageName; subject: string; htmlTemplate: string }): void;
  /** A landing page (operator §6). `template`: the stored `clickThrough` text for `verified`. */
  page(input: {
    name: 'confirm' | 'verified' | 'verified-set-password' | 'expired' | 'invalid' | 'busy';
    locale: string;
    template: Template | undefined;
    values: Record<string, string>;
    app?: App | undefined;
  }): string;
}
