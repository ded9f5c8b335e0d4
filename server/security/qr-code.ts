import type { QrCodes } from '../ports/security/qr-codes.ts';

/** Draws QR codes with level M error correction; the library is loaded at first use. */
export const qrCodes: QrCodes = {
  async png(text) {
    const { default: qrcode } = await import('qrcode');
    const picture = await qrcode.toBuffer(text, { type: 'png', errorCorrectionLevel: 'M', scale: 6 });
    return picture.toString('base64');
  },
};
