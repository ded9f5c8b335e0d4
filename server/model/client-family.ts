/** The clients that figures tell apart (additions §5). */
export const CLIENT_FAMILIES = ['swift', 'kotlin', 'react-native', 'web', 'sdk', 'other'] as const;
export type ClientFamily = (typeof CLIENT_FAMILIES)[number];
