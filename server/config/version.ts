import packageJson from '../../package.json' with { type: 'json' };

/** Version of the host, as `package.json` has it. */
export const VERSION: string = packageJson.version;
