import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';

/** PEM texts of a certificate that signs itself. */
export interface Certificate {
  key: string;
  cert: string;
}

/** Made out to this address or name, good from `from` to `until` (years). */
export function makeCertificate({
  name = '127.0.0.1',
  from = 2020,
  until = 2099,
}: {
  name?: string;
  from?: number;
  until?: number;
} = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.UTC(from, 0, 1));
  certificate.validity.notAfter = new Date(Date.UTC(until, 0, 1));
  const subject = [{ name: 'commonName', value: `test ${name}` }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  const isAddress = /^[\d.]+$/.test(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [isAddress ? { type: 7, ip: name } : { type: 2, value: name }] },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { key: privateKey, cert: forge.pki.certificateToPem(certificate) };
}
