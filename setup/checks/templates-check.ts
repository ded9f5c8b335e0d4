import { type CheckResult, failed, passed } from '../../server/checks/finding.ts';
import { createRenderer } from '../../server/delivery/render.ts';
import { TextFilesError } from '../../server/delivery/text-files.ts';
import type { Config } from '../../server/model/config.ts';

/** The operator's own texts and pages: the host does not start with one that is broken. */
export function checkTemplates({ dataDir }: Config): CheckResult {
  try {
    createRenderer({ dataDir, events: { emit() {} } });
    return passed('templates', 'every text and page can be used');
  } catch (error) {
    if (!(error instanceof TextFilesError)) throw error;
    const problems = error.problems.map(({ path, problem }) => `templates/${path} ${problem}`);
    return failed(
      'templates',
      `${problems.join('; ')}: correct the file, or remove it to get the built-in one back`,
    );
  }
}
