import { X509Certificate, createPrivateKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import type { SslConfig } from "./commonConfig.ts";
import { FileRefused } from "./fileRefused.ts";
import type { FilesVersion } from "./filesVersion.ts";

/** IANA names of the suites with forward secrecy and authenticated encryption, as OpenSSL calls them. */
const suites: Readonly<Record<string, string>> = {
  TLS_AES_256_GCM_SHA384: "TLS_AES_256_GCM_SHA384",
  TLS_AES_128_GCM_SHA256: "TLS_AES_128_GCM_SHA256",
  TLS_CHACHA20_POLY1305_SHA256: "TLS_CHACHA20_POLY1305_SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
};
const accepted: ReadonlySet<string> = new Set(Object.values(suites));

/**
 * What the HTTPS server is given. The pair is checked first: a certificate that does not belong to the key,
 * or that is not valid now, is refused while the one in force keeps serving.
 *
 * @throws FileRefused
 */
export async function tlsSettings(files: FilesVersion, ssl: SslConfig): Promise<SecureContextOptions> {
  const cert = await files.read(ssl.certPath);
  const key = await files.read(ssl.keyPath);
  checkPair(ssl, cert, key);
  const settings: SecureContextOptions = {
    cert,
    key,
    minVersion: ssl.protocol,
    ciphers: (ssl.cipherSuites ?? Object.keys(suites)).map(openSslName).join(":"),
    honorCipherOrder: true,
    sessionTimeout: ssl.sessionTimeout,
  };
  try {
    createSecureContext(settings);
  } catch {
    throw new FileRefused(
      ssl.certPath,
      "the certificate, its key and the cipher suites do not make a TLS server",
    );
  }
  return settings;
}

function checkPair(ssl: SslConfig, cert: string, key: string): void {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch {
    throw new FileRefused(ssl.certPath, "is no PEM certificate");
  }
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      throw new FileRefused(ssl.keyPath, "does not belong to the certificate");
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    throw new FileRefused(ssl.keyPath, "is no PEM private key");
  }
  const now = Date.now();
  if (now > Date.parse(leaf.validTo)) throw new FileRefused(ssl.certPath, `expired at ${leaf.validTo}`);
  if (now < Date.parse(leaf.validFrom))
    throw new FileRefused(ssl.certPath, `is not valid before ${leaf.validFrom}`);
}

function openSslName(name: string): string {
  const suite = suites[name] ?? name;
  if (accepted.has(suite)) return suite;
  throw new FileRefused("ssl.cipherSuites", `${name} is not one of ${Object.keys(suites).join(", ")}`);
}
