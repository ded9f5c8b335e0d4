import { StyleSheet } from 'react-native';

export const styles = StyleSheet.create({
  page: { flex: 1, backgroundColor: '#f5f6f8' },
  content: { padding: 16, paddingTop: 64, gap: 16 },
  heading: { fontSize: 24, fontWeight: '700', color: '#1c2430' },
  card: { padding: 16, gap: 8, borderRadius: 12, backgroundColor: '#fff' },
  title: { fontSize: 18, fontWeight: '600', color: '#1c2430' },
  label: { fontSize: 14, color: '#566172' },
  input: {
    minHeight: 44,
    paddingHorizontal: 12,
    borderWidth: 1,
    borderColor: '#566172',
    borderRadius: 8,
    color: '#1c2430',
  },
  problem: { color: '#b3261e' },
});
