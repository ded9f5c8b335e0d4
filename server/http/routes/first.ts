import type { Route } from '../route.ts';
import { accountRoutes } from './appuser/account.ts';
import { applicationRoutes } from './appuser/application.ts';
import { handleRoutes } from './appuser/handle.ts';
import { inviteRoutes } from './appuser/invite.ts';
import { loginRoutes } from './appuser/login.ts';
import { loginCompleteRoutes } from './appuser/login-complete.ts';
import { passwordRoutes } from './appuser/password.ts';
import { phoneRoutes } from './appuser/phone.ts';
import { profileRoutes } from './appuser/profile.ts';
import { signupRoutes } from './appuser/signup.ts';
import { socialRoutes } from './appuser/social.ts';
import { twoFactorRoutes } from './appuser/two-factor.ts';
import { assetRoutes } from './asset/assets.ts';
import { localFileRoutes } from './asset/local-files.ts';
import { clientRoutes } from './pages/client.ts';
import { docsRoutes } from './pages/docs.ts';
import { healthRoutes } from './pages/health.ts';
import { landingRoutes } from './pages/landing.ts';
import { sampleRoutes } from './pages/sample.ts';
import { wellKnownRoutes } from './pages/well-known.ts';

/** What clients call (contract §3). */
export const userRoutes: readonly Route[] = [
  ...loginRoutes,
  ...loginCompleteRoutes,
  ...signupRoutes,
  ...landingRoutes,
  ...socialRoutes,
  ...inviteRoutes,
  ...passwordRoutes,
  ...profileRoutes,
  ...applicationRoutes,
  ...handleRoutes,
  ...phoneRoutes,
  ...twoFactorRoutes,
  ...accountRoutes,
  ...assetRoutes,
];

/** What is outside the API (operator §4). */
export const openRoutes: readonly Route[] = [...wellKnownRoutes, ...healthRoutes, ...localFileRoutes];

/** Pages beside the API. */
export const pageRoutes: readonly Route[] = [...clientRoutes, ...docsRoutes, ...sampleRoutes];
