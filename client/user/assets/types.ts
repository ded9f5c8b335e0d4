/** The small versions of a picture: 300, 600 and 900 wide, and the picture a video is shown by. */
export type AssetCut = 'small' | 'medium' | 'large' | 'videoPreview';

/** A file of a user. What is unset is absent. */
export interface Asset {
  _id: string;
  userId: string;
  /** `<userId>/<cleaned file path>-<_id>.<ext>` */
  path: string;
  contentType: string;
  /** Bytes of the file itself. */
  size: number;
  /** Bytes with its cuts: what counts. */
  storageSize: number;
  /** Seconds. */
  duration?: number | undefined;
  /** Of the whole picture, `#rrggbb`. */
  color?: string | undefined;
  xRes?: number | undefined;
  yRes?: number | undefined;
  caption?: string | undefined;
  extra?: Record<string, unknown> | undefined;
  /** How long an address holds; 0: it is public and has no end. */
  expirationHours: number;
  /** When the addresses below end. */
  expiration?: string | undefined;
  url: string;
  urlSmall?: string | undefined;
  urlMedium?: string | undefined;
  urlLarge?: string | undefined;
  urlVideoPreview?: string | undefined;
  /** Who may ask for its addresses: the user alone, or every user of the app. */
  access: 'private' | 'app';
  /** `changed`: the storage holds something else by now. */
  status: 'active' | 'changed';
  refCount: number;
  createdAt: string;
  updatedAt: string;
}

export interface AssetList {
  rows: Asset[];
  /** There is more: give it as `after`. */
  next?: string | undefined;
}

export interface AssetUsage {
  /** With what is being uploaded. */
  bytes: number;
  count: number;
  /** Bytes; 0: as many as you like. */
  quota: number;
}

/**
 * A file to be sent: a `Blob` or `File`, in Node by `openAsBlob`; in React Native what a picker answers,
 * whose bytes never pass through JavaScript.
 */
export type AssetSource = Blob | { uri: string; size: number; type?: string; name?: string };

export interface UploadOptions {
  /** Where it is kept, with folders; default: the name of the file. */
  path?: string | undefined;
  /** Default: that of the file. */
  contentType?: string | undefined;
  /** At most 1,000 characters. */
  caption?: string | undefined;
  /** JSON of your own, at most 8 KiB. */
  extra?: Record<string, unknown> | undefined;
  /** How long its addresses hold: 1 to 8,760, default 24; 0 makes it public. */
  expirationHours?: number | undefined;
  /**
   * Which small versions this device makes of a picture or video; default: all that are smaller than it.
   * Where there is no canvas none is made: they can be given instead.
   */
  cuts?: boolean | readonly AssetCut[] | Partial<Record<AssetCut, AssetSource>> | undefined;
  /** Bytes of file and cuts; never goes back but where a storage has to begin anew. */
  onProgress?: ((progress: { loaded: number; total: number }) => void) | undefined;
  /** Ends the upload; nothing is listed then. */
  signal?: AbortSignal | undefined;
}
