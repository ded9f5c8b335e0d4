/** The eight texts an app can edit, by their published names (contract §6). */
export const TEMPLATE_NAMES = [
  'signUp',
  'signUpLink',
  'clickThrough',
  'resetPassword',
  'invite',
  'qrCode',
  'sms',
  'signUpSuccess',
] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

/** Every message the host sends: the editable ones and the built-in ones. */
export type MessageName =
  | TemplateName
  | 'passwordSetByPortal'
  | 'passwordSetNotice'
  | 'testMail'
  | 'alreadyRegistered'
  | 'factorChanged'
  | 'identityBound'
  | 'setPassword'
  | 'changeHandle'
  | 'handleChanged'
  | 'inviteSms'
  | 'signUpSms'
  | 'signUpLinkSms'
  | 'resetPasswordSms'
  | 'setPasswordSms'
  | 'changeHandleSms';

/** An edited text. Texts nobody edited are not stored: the built-in one of the locale stands in. */
export interface Template {
  id: string;
  appId: string;
  revision: number;
  name: TemplateName;
  locale: string;
  subject: string;
  replyTo?: string;
  htmlTemplate: string;
  /** Caption of the link in `signUpLink`. */
  localeLinkText?: string;
  createdAt: number;
  updatedAt: number;
}
