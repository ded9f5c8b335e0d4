import { describe } from 'node:test';
import { describeActivity } from './promises/activity.ts';
import { describeApps } from './promises/apps.ts';
import { describeAssets } from './promises/assets.ts';
import { describeCounters } from './promises/counters.ts';
import { describeFigures } from './promises/figures.ts';
import { describeInvites } from './promises/invites.ts';
import { describeJobs } from './promises/jobs.ts';
import { describeLists } from './promises/lists.ts';
import { describeMessages } from './promises/messages.ts';
import { describeMeta } from './promises/meta.ts';
import { describeOperators } from './promises/operators.ts';
import { describeSealing } from './promises/sealing.ts';
import { describeSearch } from './promises/search.ts';
import { describeSignups } from './promises/signups.ts';
import { describeTemplates } from './promises/templates.ts';
import { describeUsers } from './promises/users.ts';
import { type OpenEngine, setStage } from './stage.ts';

/** The promises every store keeps, over any engine; each group gets an empty database from `openEngine`. */
export function describeStore(name: string, openEngine: OpenEngine): void {
  describe(`${name} store`, () => {
    for (const [group, promises] of Object.entries(GROUPS)) {
      describe(group, () => promises(setStage(openEngine)));
    }
    describe('with user data in the clear', () => {
      for (const [group, promises] of Object.entries(PERSONAL)) {
        describe(group, () => promises(setStage(openEngine, false)));
      }
    });
  });
}

const PERSONAL = {
  users: describeUsers,
  signups: describeSignups,
  invites: describeInvites,
  search: describeSearch,
  operators: describeOperators,
  activity: describeActivity,
};
const GROUPS = {
  ...PERSONAL,
  apps: describeApps,
  templates: describeTemplates,
  messages: describeMessages,
  jobs: describeJobs,
  assets: describeAssets,
  counters: describeCounters,
  figures: describeFigures,
  meta: describeMeta,
  sealing: describeSealing,
  lists: describeLists,
};
