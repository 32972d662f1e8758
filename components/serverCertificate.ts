import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface ServerCertificateArgs {
  /** Certificate and key (PEM) of the authority that signs. */
  readonly authorityCertificate: pulumi.Input<string>;
  readonly authorityKey: pulumi.Input<string>;
  /** Host names of the certificate; the first is the common name. `localhost` and loopback are added. */
  readonly hostnames: pulumi.Input<pulumi.Input<string>[]>;
  /** Further IP addresses under which the server is reached. */
  readonly addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** Lifetime in hours. Default 8,760 (one year). */
  readonly validityHours?: pulumi.Input<number>;
  /** Hours before the end from which on a preview shows the renewal. Default 720 (30 days). */
  readonly renewalHours?: pulumi.Input<number>;
}

/** A key and a certificate for one server. */
export class ServerCertificate extends pulumi.ComponentResource {
  readonly certificate: pulumi.Output<string>;
  readonly privateKey: pulumi.Output<string>;

  constructor(name: string, args: ServerCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kilocode:tls:ServerCertificate", name, {}, opts);
    const key = new tls.PrivateKey(`${name}-1`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this });
    const names = pulumi.output(args.hostnames);
    const request = new tls.CertRequest(
      `${name}-1`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: names.apply((list) => list[0]!) },
        dnsNames: names.apply((list) => [...new Set([...list, "localhost"])]),
        ipAddresses: pulumi
          .output(args.addresses ?? [])
          .apply((list) => [...new Set([...list, "127.0.0.1", "::1"])]),
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-1`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: args.authorityKey,
        caCertPem: args.authorityCertificate,
        validityPeriodHours: args.validityHours ?? 8_760,
        earlyRenewalHours: args.renewalHours ?? 720,
        allowedUses: ["digital_signature", "server_auth"],
        setSubjectKeyId: true,
      },
      { parent: this },
    );
    this.certificate = certificate.certPem;
    this.privateKey = pulumi.secret(key.privateKeyPemPkcs8);
    this.registerOutputs({ certificate: this.certificate });
  }
}
