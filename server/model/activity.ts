/**
 * One row of an app's log as the portal reads it (contract §2.4). Never holds a code, password, token or
 * metadata value.
 */
export interface Activity {
  id: string;
  /** Absent for what concerns the whole host. */
  appId?: string;
  handle?: string;
  /** Route name, or one of the exceptions of contract §2.4. */
  action: string;
  value: string;
  logType: 'user' | 'app';
  status: 'success' | 'error';
  /** The operator who acted through the portal, as the portal names them (additions §4). */
  by?: string;
  createdAt: number;
}
