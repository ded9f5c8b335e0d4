/** `ENCRYPT_KEY` is not the one this database was sealed with, or its `dataKey` record was changed. */
export class WrongEncryptKeyError extends Error {
  override readonly name = 'WrongEncryptKeyError';
  constructor() {
    super('ENCRYPT_KEY does not open this database');
  }
}
