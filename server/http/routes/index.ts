import type { Route } from '../route.ts';
import { appRoutes } from './app/apps.ts';
import { appAssetRoutes } from './app/assets.ts';
import { figureRoutes } from './app/figures.ts';
import { appInviteRoutes } from './app/invites.ts';
import { jobRoutes } from './app/jobs.ts';
import { logRoutes } from './app/logs.ts';
import { metadataRoutes } from './app/metadata.ts';
import { moveInRoutes } from './app/move-in.ts';
import { providerRoutes } from './app/providers.ts';
import { retiredRoutes } from './app/retired.ts';
import { settingRoutes } from './app/settings.ts';
import { appSignupRoutes } from './app/signups.ts';
import { statisticsRoutes } from './app/statistics.ts';
import { templateRoutes } from './app/templates.ts';
import { tokenRoutes } from './app/tokens.ts';
import { transferRoutes } from './app/transfer.ts';
import { userActionRoutes } from './app/user-actions.ts';
import { appUserRoutes } from './app/users.ts';
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
import { hostRoutes } from './host/host.ts';
import { hostMessageRoutes } from './host/messages.ts';
import { hostTestRoutes } from './host/tests.ts';
import { clientRoutes } from './pages/client.ts';
import { docsRoutes } from './pages/docs.ts';
import { healthRoutes } from './pages/health.ts';
import { landingRoutes } from './pages/landing.ts';
import { openApiRoute } from './pages/openapi.ts';
import { sampleRoutes } from './pages/sample.ts';
import { wellKnownRoutes } from './pages/well-known.ts';

/** What clients call (contract §3). */
const userRoutes: Route[] = [
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

/** What the portal calls (contract §4, operator §7). */
const portalRoutes: Route[] = [
  ...appRoutes,
  ...settingRoutes,
  ...metadataRoutes,
  ...appUserRoutes,
  ...userActionRoutes,
  ...jobRoutes,
  ...appSignupRoutes,
  ...appInviteRoutes,
  ...templateRoutes,
  ...providerRoutes,
  ...tokenRoutes,
  ...logRoutes,
  ...statisticsRoutes,
  ...figureRoutes,
  ...transferRoutes,
  ...moveInRoutes,
  ...appAssetRoutes,
  ...retiredRoutes,
  ...hostRoutes,
  ...hostMessageRoutes,
  ...hostTestRoutes,
];

/** What is outside the API (operator §4). */
const openRoutes: Route[] = [...wellKnownRoutes, ...healthRoutes, ...localFileRoutes];

const described = [...userRoutes, ...portalRoutes, ...openRoutes];

/** Every route of the host. */
export const routes: readonly Route[] = [
  ...described,
  openApiRoute(described),
  ...clientRoutes,
  ...docsRoutes,
  ...sampleRoutes,
];
