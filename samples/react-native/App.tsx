import { AuthProvider, useUser } from 'cosync-auth-client/react';
import { ScrollView, Text } from 'react-native';
import { auth } from './auth';
import { Inside } from './Inside';
import { Outside } from './Outside';
import { styles } from './styles';

function Screens() {
  const user = useUser();
  return (
    <ScrollView
      style={styles.page}
      contentContainerStyle={styles.content}
      keyboardShouldPersistTaps="handled"
    >
      <Text style={styles.heading}>{user?.handle ?? 'Nobody is logged in'}</Text>
      {user ? <Inside user={user} /> : <Outside />}
    </ScrollView>
  );
}

export function App() {
  return (
    <AuthProvider auth={auth}>
      <Screens />
    </AuthProvider>
  );
}
