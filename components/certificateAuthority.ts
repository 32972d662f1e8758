import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface CertificateAuthorityArgs {
  /** Common name of the authority, shown to whoever inspects a certificate. */
  readonly commonName: pulumi.Input<string>;
  /** Lifetime in hours; far longer than any leaf's. Default 87,600 (ten years). */
  readonly validityHours?: pulumi.Input<number>;
}

const keyAlgorithm = { algorithm: "ECDSA", ecdsaCurve: "P256" };

/** A private certificate authority. What clients trust is always a bundle, so that a second one can join it. */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM bundle for clients. */
  readonly bundle: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
  readonly privateKey: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:tls:CertificateAuthority", name, {}, opts);
    const key = new tls.PrivateKey(`${name}-1`, keyAlgorithm, { parent: this });
    const certificate = new tls.SelfSignedCert(
      `${name}-1`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName },
        isCaCertificate: true,
        validityPeriodHours: args.validityHours ?? 87_600,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        setSubjectKeyId: true,
      },
      { parent: this },
    );
    this.certificate = certificate.certPem;
    this.privateKey = pulumi.secret(key.privateKeyPem);
    this.bundle = certificate.certPem;
    this.registerOutputs({ bundle: this.bundle });
  }
}
