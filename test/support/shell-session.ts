import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A person at a shell: pastes lines, and types what `read` asks for. */
export interface ShellSession {
  /** Runs lines and answers what they print; `typed` answers each `read` by the comment behind it. */
  paste(lines: string, typed?: (whence: string) => Promise<string>): Promise<string>;
  close(): void;
}

const DONE = '<<done>>';

/** Starts bash in an empty environment. */
export function startShell(): ShellSession {
  const child = spawn('bash', ['--norc', '--noprofile'], {
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();

  async function run(text: string): Promise<string> {
    child.stdin.write(`${text}\nprintf '\\n%s\\n' '${DONE}'\n`);
    const printed: string[] = [];
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      if (next.value === DONE) return printed.join('\n');
      printed.push(next.value);
    }
    throw new Error(`the shell ended in: ${text}`);
  }

  return {
    async paste(text, typed) {
      let printed = '';
      let pending: string[] = [];
      for (const line of text.split('\n')) {
        const whence = /^read -r \w+ +# (.+)$/.exec(line)?.[1];
        if (whence === undefined) {
          pending.push(line);
          continue;
        }
        printed += await run(pending.join('\n'));
        pending = [];
        if (!typed) throw new Error(`nobody types what comes ${whence}`);
        child.stdin.write(`${line}\n${await typed(whence)}\n`);
      }
      return printed + (await run(pending.join('\n')));
    },
    close: () => void child.kill(),
  };
}
