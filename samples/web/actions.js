/**
 * The cards, in their order, for who is logged in or nobody. `run` gets what was typed; what it answers may be
 * a sentence (`say`), the `next` step, or something that comes `meanwhile`. It throws what the client throws.
 */
export function actionsOf(parts) {
  const all = parts.user ? inside(parts) : outside(parts);
  return all.filter(({ isShown = true }) => isShown);
}

function outside({ auth, app, language }) {
  const { orThrow } = auth;
  const fields = metadataFields(app.metaData);
  const locale = language;
  const loggedIn = (answer) =>
    answer.state === 'secondFactor'
      ? {
          say: 'codeSent',
          next: { fields: ['code'], run: async ({ code }) => void (await answer.finish(code)) },
        }
      : { say: 'loggedIn' };
  const social = (name) => ({
    id: name,
    isShown: app[`${name}LoginEnabled`],
    fields: ['idToken'],
    run: async ({ idToken }) => void (await orThrow.social[name]({ idToken, locale })),
  });
  return [
    {
      id: 'logIn',
      fields: ['login', 'password'],
      run: async ({ login, password }) => loggedIn(await orThrow.logIn({ handle: login, password })),
    },
    {
      id: 'signUp',
      isShown: app.signupEnabled,
      fields: ['handle', 'newPassword', ...fields],
      async run({ handle, newPassword, ...typed }) {
        const answer = await orThrow.signUp({
          handle,
          password: newPassword,
          locale,
          metaData: nested(typed),
        });
        if (answer.state === 'codeSent') {
          return {
            say: 'codeSent',
            next: { fields: ['code'], run: async ({ code }) => void (await answer.finish(code)) },
          };
        }
        if (answer.state === 'linkSent') {
          return { say: 'linkSent', meanwhile: async () => (await answer.waitUntilVerified()).state };
        }
      },
    },
    {
      id: 'forgotPassword',
      fields: ['handle'],
      async run({ handle }) {
        const { finish } = await orThrow.forgotPassword({ handle });
        const run = async ({ code, newPassword }) => void (await finish(code, newPassword));
        return { say: 'codeSent', next: { fields: ['code', 'newPassword'], run } };
      },
    },
    {
      id: 'acceptInvite',
      isShown: app.invitationEnabled,
      fields: ['handle', 'code', 'newPassword', ...fields],
      run: async ({ handle, code, newPassword, ...typed }) =>
        void (await orThrow.acceptInvite({
          handle,
          code,
          password: newPassword,
          locale,
          metaData: nested(typed),
        })),
    },
    {
      id: 'logInAnonymously',
      isShown: app.anonymousLoginEnabled,
      run: async () => void (await orThrow.logInAnonymously({ locale })),
    },
    social('apple'),
    social('google'),
  ];
}

function inside({ auth, app, user, token }) {
  const { orThrow } = auth;
  const mode = app.twoFactorVerification;
  const json = (value) => JSON.stringify(value, undefined, 2);
  return [
    { id: 'me', run: async () => ({ shown: json(await orThrow.user.get()) }) },
    { id: 'token', run: token },
    {
      id: 'metadata',
      isShown: app.metaData.some(({ canEdit }) => canEdit),
      fields: metadataFields(
        app.metaData.filter(({ canEdit }) => canEdit),
        user.metaData,
      ),
      run: async (typed) => void (await orThrow.user.setMetadata({ metaData: nested(typed) ?? {} })),
    },
    {
      id: 'userName',
      isShown: app.userNamesEnabled && !user.userName,
      fields: ['userName'],
      run: async ({ userName }) => void (await orThrow.user.setUserName({ userName })),
    },
    {
      id: 'userNameFree',
      isShown: app.userNamesEnabled,
      fields: ['userName'],
      run: async ({ userName }) => ({
        say: (await orThrow.user.isUserNameFree({ userName })) ? 'free' : 'taken',
      }),
    },
    {
      id: 'locale',
      fields: [{ name: 'locale', kind: 'locale', value: user.locale }],
      run: async ({ locale }) => void (await orThrow.user.setLocale({ locale })),
    },
    {
      id: 'changePassword',
      isShown: user.hasPassword,
      fields: ['password', 'newPassword'],
      run: async ({ password, newPassword }) =>
        void (await orThrow.changePassword({ password, newPassword })),
    },
    {
      id: 'changeHandle',
      fields: ['newHandle', ...(user.hasPassword ? ['password'] : [])],
      async run({ newHandle, password }) {
        const { finish } = await orThrow.changeHandle({ handle: newHandle, password });
        return {
          say: 'codeSent',
          next: { fields: ['code'], run: async ({ code }) => void (await finish(code)) },
        };
      },
    },
    ...authenticator({ orThrow, isOffered: mode === 'google', isOn: user.twoFactorGoogleVerification }),
    {
      id: 'phone',
      isShown: mode === 'phone',
      fields: ['phone', ...(user.twoFactorPhoneVerification ? ['optionalCode'] : [])],
      async run({ phone, optionalCode }) {
        const { finish } = await orThrow.user.setPhone({ phone, code: optionalCode || undefined });
        return {
          say: 'codeSent',
          next: { fields: ['code'], run: async ({ code }) => void (await finish(code)) },
        };
      },
    },
    {
      id: 'enableSms',
      isShown: mode === 'phone' && user.phoneVerified && !user.twoFactorPhoneVerification,
      run: async () => void (await orThrow.secondFactor.enableSms()),
    },
    {
      id: 'disableSms',
      isShown: user.twoFactorPhoneVerification,
      fields: ['optionalCode'],
      run: async ({ optionalCode }) =>
        void (await orThrow.secondFactor.disableSms({ code: optionalCode || undefined })),
    },
    {
      id: 'invite',
      isShown: app.invitationEnabled,
      fields: ['handle', ...metadataFields(app.metaDataInvite)],
      run: async ({ handle, ...typed }) => void (await orThrow.invite({ handle, metaData: nested(typed) })),
    },
    {
      id: 'logOut',
      fields: ['everywhere'],
      run: async ({ everywhere }) => void (await orThrow.logOut({ everywhere: everywhere === 'on' })),
    },
    {
      id: 'delete',
      danger: true,
      fields: [user.hasPassword ? 'password' : 'idToken'],
      run: async (proof) => void (await orThrow.user.delete(proof)),
    },
  ];
}

function authenticator({ orThrow, isOffered, isOn }) {
  return [
    {
      id: 'enableTotp',
      isShown: isOffered && !isOn,
      async run() {
        const { secret, qr, confirm } = await orThrow.secondFactor.enable();
        const run = async ({ code }) => ({
          say: 'keepCodes',
          shown: (await confirm({ code })).recoveryCodes.join('\n'),
        });
        return { say: 'scan', picture: qr, secret, next: { fields: ['code'], run } };
      },
    },
    {
      id: 'recoveryCodes',
      isShown: isOn,
      fields: ['code'],
      run: async ({ code }) => ({
        say: 'keepCodes',
        shown: (await orThrow.secondFactor.newRecoveryCodes({ code })).recoveryCodes.join('\n'),
      }),
    },
    {
      id: 'disableTotp',
      isShown: isOn,
      fields: ['optionalCode'],
      run: async ({ optionalCode }) =>
        void (await orThrow.secondFactor.disable({ code: optionalCode || undefined })),
    },
  ];
}

/** A field for each path such as `user_data.name.first`. */
function metadataFields(fields, values) {
  return fields.map(({ path, fieldName, required }) => ({
    name: path,
    label: fieldName,
    kind: 'text',
    required,
    value: path.split('.').reduce((value, name) => value?.[name], values) ?? '',
  }));
}

/** `{ 'a.b': 'c' }` as `{ a: { b: 'c' } }`; what was left empty is left out. */
function nested(typed) {
  const metaData = {};
  for (const [path, value] of Object.entries(typed)) {
    if (value === '') continue;
    const names = path.split('.');
    const last = names.pop();
    let place = metaData;
    for (const name of names) place = place[name] ??= {};
    place[last] = value;
  }
  return Object.keys(metaData).length > 0 ? metaData : undefined;
}
