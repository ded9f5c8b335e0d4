interface KeyValues {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}
type StorageListener = (event: { key: string | null; storageArea: KeyValues | null }) => void;

/** What a browser has, and Node, React Native and old browsers may lack. */
export const surroundings = globalThis as unknown as {
  readonly localStorage?: KeyValues;
  readonly navigator?: {
    readonly locks?: {
      request<T>(
        name: string,
        options: { ifAvailable: true },
        work: (lock: object | null) => Promise<T>,
      ): Promise<T>;
    };
  };
  addEventListener?(type: 'storage', listener: StorageListener): void;
  removeEventListener?(type: 'storage', listener: StorageListener): void;
  reportError?(error: unknown): void;
};
