import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';

const GIB = 2 ** 30;

export const statusCommand: Command = {
  name: 'status',
  summary: 'which host this is and why, and how it fares',
  example: 'status',
  async run(context) {
    const { url, why } = await context.target();
    const facts = await (await context.host()).host.facts();
    const { database, mail, sms, disk, ...rest } = facts;
    const free = disk && `${(disk.free / GIB).toFixed(1)} of ${(disk.total / GIB).toFixed(1)} GiB free`;
    context.output.record(
      { url, why, ...facts },
      {
        host: url,
        why,
        name: rest.name,
        version: rest.version,
        address: rest.apiUrl,
        started: rest.startedAt,
        database: `${database.kind}, ${database.ok === true ? 'answers' : 'does not answer'}`,
        mail:
          mail.kind === 'outbox'
            ? 'into the outbox file: nobody gets any'
            : `${mail.kind}, from ${mail.from}`,
        sms: sms.kind,
        apps: rest.apps,
        users: rest.users,
        disk: free,
        'last backup': rest.lastBackupAt ?? 'never',
        warnings: rest.insecure.length > 0 ? `insecure: ${rest.insecure.join(', ')}` : 'none',
      },
    );
    return EXIT.done;
  },
};
