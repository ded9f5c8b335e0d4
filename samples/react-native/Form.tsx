import type { AuthError } from 'cosync-auth-client';
import { useState } from 'react';
import { Button, Text, TextInput, View } from 'react-native';
import { styles } from './styles';

export interface Field {
  name: string;
  label: string;
  kind?: 'handle' | 'password' | 'code';
}
/** What comes after a form was sent: another form, or nothing. */
export interface Step {
  fields: readonly Field[];
  button: string;
  run(values: Record<string, string>): Promise<Step | undefined>;
}

/** A form with a title. It shows what goes wrong, and goes from step to step. */
export function Form({ title, first }: { title: string; first: Step }) {
  const [step, setStep] = useState(first);
  const [values, setValues] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState('');
  const [isBusy, setIsBusy] = useState(false);

  async function submit() {
    setIsBusy(true);
    setProblem('');
    try {
      setStep((await step.run(values)) ?? first);
      setValues({});
    } catch (error) {
      const { code, reason } = error as AuthError;
      setProblem([code, reason].filter(Boolean).join(' · '));
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <View style={styles.card}>
      <Text style={styles.title}>{title}</Text>
      {step.fields.map(({ name, label, kind }) => (
        <View key={name}>
          <Text style={styles.label}>{label}</Text>
          <TextInput
            accessibilityLabel={label}
            style={styles.input}
            value={values[name] ?? ''}
            onChangeText={(text) => setValues((typed) => ({ ...typed, [name]: text }))}
            autoCapitalize="none"
            autoCorrect={false}
            secureTextEntry={kind === 'password'}
            keyboardType={kind === 'code' ? 'number-pad' : kind === 'handle' ? 'email-address' : 'default'}
          />
        </View>
      ))}
      <Button title={step.button} disabled={isBusy} onPress={() => void submit()} />
      {problem !== '' && <Text style={styles.problem}>{problem}</Text>}
    </View>
  );
}
