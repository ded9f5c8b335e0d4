import type { Command } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';

// What is completed is the host's own word for it, quoted by the shell: a name can hold anything.
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_cosync() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <(cosync __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _cosync cosync
`,
  zsh: `#compdef cosync
_cosync() {
  local -a found
  found=("\${(@f)$(cosync __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _cosync cosync
`,
  fish: `complete -c cosync -f -a '(cosync __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

export const completionCommand: Command = {
  name: 'completion',
  summary: 'prints what makes the shell complete commands, options, hosts and apps',
  example: 'completion bash >> ~/.bashrc',
  arguments: [['<shell>', 'bash, zsh or fish']],
  async run(context, given) {
    const shell = given.word(0);
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined)
      throw new CliError(EXIT.usage, `${JSON.stringify(shell)} is not known.`, 'bash, zsh or fish.');
    context.output.raw(script);
    return EXIT.done;
  },
};
