import type { Call, CallOptions } from './call.ts';
import type { CheckOutcome } from './machine.ts';

export type TemplateName =
  | 'signUp'
  | 'signUpLink'
  | 'clickThrough'
  | 'resetPassword'
  | 'invite'
  | 'qrCode'
  | 'sms'
  | 'signUpSuccess';

/** A text of an app in one locale. */
export interface Template {
  _id: string;
  appId: string;
  templateName: TemplateName;
  locale: string;
  subject: string;
  replyTo: string;
  htmlTemplate: string;
  localeLinkText?: string | undefined;
  createdAt: string;
  updatedAt: string;
}

/** What a text is made of. */
export interface TextParts {
  subject?: string | undefined;
  htmlTemplate?: string | undefined;
  replyTo?: string | undefined;
  localeLinkText?: string | undefined;
}

/** Texts and locales of an app. */
export function texts(call: Call) {
  return {
    list: (query: { appId: string }, options?: CallOptions) =>
      call.get<Record<string, Template[]>>('/api/app/emailTemplates', query, options),
    update: (
      body: { appId: string; _id: string; subject: string; htmlTemplate: string } & TextParts,
      options?: CallOptions,
    ) => call.post<Template>('/api/app/updateEmailTemplate', body, options),
    /** Filled with sample values; the parts given stand in for those stored. */
    preview: (
      body: { appId: string; _id?: string; templateName?: TemplateName; locale?: string } & TextParts,
      options?: CallOptions,
    ) =>
      call.post<{ subject: string; html: string; text: string }>('/api/app/previewTemplate', body, options),
    /** Back to the built-in text. */
    reset: (body: { appId: string; templateName: TemplateName; locale: string }, options?: CallOptions) =>
      call.post<Template>('/api/app/resetTemplate', body, options),
    sendTest: (
      body: { appId: string; templateName: TemplateName; locale: string; to: string },
      options?: CallOptions,
    ) => call.post<CheckOutcome>('/api/app/sendTestMessage', body, { timeoutMs: 60_000, ...options }),
    setLocales: (body: { appId: string; locales: readonly string[] }, options?: CallOptions) =>
      call.post<{ appId: string; locales: string[]; localesTemplate: Record<string, Template[]> }>(
        '/api/app/addRemoveAppLocale',
        body,
        options,
      ),
    repairLocales: (options?: CallOptions) => call.post<true>('/api/app/patchAppLocales', {}, options),
  };
}
