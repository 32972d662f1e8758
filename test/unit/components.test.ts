import assert from "node:assert/strict";
import { CertificateAuthority } from "#components/certificateAuthority.ts";
import { DatabasePassword } from "#components/databasePassword.ts";
import { FilesVolume } from "#components/filesVolume.ts";
import { HardenedContainer } from "#components/hardenedContainer.ts";
import { ServerCertificate } from "#components/serverCertificate.ts";
import { StackIdentity } from "#components/stackIdentity.ts";
import { scramVerifier } from "#model/scram.ts";
import { only, registeredBy } from "./pulumiMocks.ts";

/** How the engine's protocol marks a secret. */
const secretMark = "4dabf18193072939515e22adb298388d";

const container = {
  docker: {},
  container: "p-s-web",
  labels: { a: "b" },
  image: "image:1",
  uid: 3001,
  network: "p-s",
  alias: "web",
  publish: { address: "127.0.0.1", host: 13001, container: 3001 },
  volumes: [{ volume: "v", path: "/etc/kilocode", readOnly: true }],
  tmpfs: { "/tmp": "size=1m" },
  memory: 256 * 1024 * 1024,
  cpus: 0.5,
  pids: 64,
  health: { command: ["true"], intervalSeconds: 5 },
  graceSeconds: 15,
};

describe("components", () => {
  it("HardenedContainer asks for no root, no capability, limits, bounded logs, a restart with the engine", async () => {
    const registered = await registeredBy(() => void new HardenedContainer("web", container));
    const { inputs } = only(registered, "docker:index/container:Container");
    assert.equal(inputs["user"], "3001:3001");
    assert.equal(inputs["readOnly"], true);
    assert.deepEqual(inputs["capabilities"], { drops: ["ALL"] });
    assert.deepEqual(inputs["securityOpts"], ["no-new-privileges:true"]);
    assert.deepEqual([inputs["memory"], inputs["memorySwap"], inputs["cpus"]], [256, 256, "0.5"]);
    assert.deepEqual(inputs["logOpts"], { "max-size": "10m", "max-file": "5" });
    assert.equal(inputs["restart"], "unless-stopped");
    assert.equal(inputs["envs"], undefined);
    const limit = only(registered, "pulumi-nodejs:dynamic/kilocode:PidsLimit");
    assert.equal(limit.inputs["limit"], 64);
    assert.equal(limit.inputs["container"], "web-id");
  });

  it("two instances of a component live in one stack", async () => {
    const registered = await registeredBy(() => {
      void new HardenedContainer("one", container);
      void new HardenedContainer("two", { ...container, container: "p-s-two" });
    });
    const names = registered.filter(({ type }) => type.startsWith("docker:")).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["one", "two"]);
  });

  it("FilesVolume keeps texts and secrets apart, and marks only the secrets", async () => {
    const registered = await registeredBy(
      () =>
        void new FilesVolume("files", {
          docker: {},
          volume: "p-s-files",
          labels: {},
          image: "image:1",
          uid: 3001,
          files: { "mcp/a.json": "{}" },
          secrets: { "secrets/key": "planted" },
        }),
    );
    const { inputs } = only(registered, "pulumi-nodejs:dynamic/kilocode:Files");
    assert.deepEqual(inputs["files"], { "mcp/a.json": "{}" });
    const secrets = inputs["secrets"] as Record<string, unknown>;
    assert.ok(secretMark in secrets, "secrets are marked");
    assert.deepEqual(secrets["value"], { "secrets/key": "planted" });
  });

  it("a server certificate is ECDSA, names container, localhost and loopback, and outlives its renewal window", async () => {
    const registered = await registeredBy(() => {
      const authority = new CertificateAuthority("ca", { commonName: "test" });
      void new ServerCertificate("leaf", {
        authorityCertificate: authority.certificate,
        authorityKey: authority.privateKey,
        hostnames: ["p-s-web", "mcp.example.com"],
      });
    });
    for (const { type, inputs } of registered) {
      if (type !== "tls:index/privateKey:PrivateKey") continue;
      assert.deepEqual([inputs["algorithm"], inputs["ecdsaCurve"]], ["ECDSA", "P256"]);
    }
    const { inputs: request } = only(registered, "tls:index/certRequest:CertRequest");
    assert.deepEqual(request["dnsNames"], ["p-s-web", "mcp.example.com", "localhost"]);
    assert.deepEqual(request["ipAddresses"], ["127.0.0.1", "::1"]);
    const { inputs: leaf } = only(registered, "tls:index/locallySignedCert:LocallySignedCert");
    const { inputs: authority } = only(registered, "tls:index/selfSignedCert:SelfSignedCert");
    const hours = (inputs: Record<string, unknown>, key: string) => inputs[key] as number;
    assert.ok(hours(leaf, "earlyRenewalHours") < hours(leaf, "validityPeriodHours"));
    assert.ok(hours(authority, "validityPeriodHours") >= 5 * hours(leaf, "validityPeriodHours"));
  });

  it("DatabasePassword gives the verifier of its password", async () => {
    let verifier: string | undefined;
    await registeredBy(() => {
      const secret = new DatabasePassword("login");
      secret.verifier.apply((text) => (verifier = text));
    });
    assert.equal(verifier, scramVerifier("password-of-login", Buffer.alloc(16, 7).toString("base64")));
  });

  it("StackIdentity lets nothing be labelled before the preflight has passed", async () => {
    const asked: (string | undefined)[] = [];
    const labelled: unknown[] = [];
    await registeredBy(() => {
      const preflight = (id: string | undefined) => {
        asked.push(id);
        return Promise.resolve();
      };
      const identity = new StackIdentity("stack", { project: "p", stack: "s", preflight });
      identity.labels.apply((labels) => labelled.push(labels));
    });
    assert.deepEqual(asked, ["00112233"]);
    assert.deepEqual(labelled, [
      { "io.kilocode.project": "p", "io.kilocode.stack": "s", "io.kilocode.instance": "00112233" },
    ]);
  });
});
