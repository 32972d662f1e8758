import assert from "node:assert/strict";
import { parse } from "yaml";
import type { RawConfig } from "#settings/settings.ts";
import { committedFile } from "#test/unit/committedFile.ts";
import { codesOf, faultsOf, production, raw } from "#test/unit/settingsCases.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** Each trips one refusal, and no other. */
const refused: [what: string, config: Record<string, unknown>, fault: string, more?: Partial<RawConfig>][] = [
  ["unprotected data", { protect: "false" }, "PROD_UNPROTECTED_DATA protect"],
  [
    "a generated passphrase",
    {},
    "PROD_GENERATED_PASSPHRASE PULUMI_CONFIG_PASSPHRASE_FILE",
    { passphraseOrigin: "generated" },
  ],
  [
    "all interfaces without host names",
    { network: { publish: "0.0.0.0" } },
    "PROD_PUBLISHED_TO_ALL network.publish",
  ],
  [
    "all IPv6 interfaces without host names",
    { network: { publish: "::" } },
    "PROD_PUBLISHED_TO_ALL network.publish",
  ],
  ["TLS off", { postgres: { settings: { ssl: "off" } } }, "PROD_WEAK_TLS postgres.settings.ssl"],
  [
    "TLS below 1.2",
    { postgres: { settings: { ssl_min_protocol_version: "TLSv1.1" } } },
    "PROD_WEAK_TLS postgres.settings.ssl_min_protocol_version",
  ],
  ["a placeholder for a secret", { secrets: { smtp: "changeme" } }, "SETTINGS_PLACEHOLDER secrets.smtp"],
  [
    "a plain secret",
    { secrets: { smtp: "k2-9fjQ" } },
    "SETTINGS_SECRET_MISPLACED secrets.smtp",
    { secretKeys: [] },
  ],
  [
    "a server without authentication",
    { servers: { postgres: { authentication: "none" } } },
    "PROD_NO_AUTHENTICATION servers.postgres.authentication",
  ],
  [
    "no memory limit",
    { servers: { postgres: { memory: "none" } } },
    "PROD_NO_LIMITS servers.postgres.memory",
  ],
  ["no CPU limit", { postgres: { cpus: "none" } }, "PROD_NO_LIMITS postgres.cpus"],
  [
    "a floating image tag",
    { images: { postgres: "registry.example/postgres:17" } },
    "PROD_FLOATING_IMAGE images.postgres",
  ],
  ["no backups", { acceptNoBackups: "false" }, "PROD_NO_BACKUPS acceptNoBackups"],
];

describe("prod refuses", () => {
  for (const [what, config, fault, more] of refused) {
    it(`${what}, with a mend`, () => {
      assert.deepEqual(codesOf(production(config, more)), [fault]);
      assert.ok(faultsOf(production(config, more)).every(({ mend }) => mend !== ""));
    });
  }

  it("nothing else", () => {
    assert.deepEqual(codesOf(production()), []);
    assert.deepEqual(
      codesOf(production({ network: { publish: "0.0.0.0", hostnames: ["mcp.example.org"] } })),
      [],
    );
    assert.deepEqual(
      codesOf(production({ images: { postgres: `registry.example/postgres:17@${digest}` } })),
      [],
    );
    assert.deepEqual(codesOf(production({ protect: "false", acceptDataLoss: "prod" })), []);
    assert.deepEqual(codesOf(production({}, { passphraseOrigin: "own" })), []);
  });

  it("not what dev may do", () => {
    const given = raw(
      {
        images: { base: "debian:trixie-slim" },
        servers: { postgres: { memory: "none" } },
        network: { publish: "0.0.0.0" },
      },
      { passphraseOrigin: "generated" },
    );
    assert.deepEqual(codesOf(given), []);
  });
});

describe("The committed stack files", () => {
  it("let dev run with nothing set by hand", () => {
    assert.deepEqual(codesOf(committed("dev")), []);
  });

  it("leave to prod's operator the decision about backups only", () => {
    assert.deepEqual(codesOf(committed("prod")), ["PROD_NO_BACKUPS acceptNoBackups"]);
  });

  it("hold no salt: one whose passphrase is elsewhere would lock the next clone out", () => {
    for (const stack of ["dev", "prod"]) assert.ok(!stackFile(stack).includes("encryptionsalt"));
  });
});

function stackFile(stack: string): string {
  return committedFile(`Pulumi.${stack}.yaml`);
}

function committed(stack: string): RawConfig {
  const { config } = parse(stackFile(stack)) as { config: Record<string, unknown> };
  const own = Object.entries(config).map(([key, value]) => [key.replace("kilocode-mcp:", ""), value]);
  return raw(Object.fromEntries(own) as Record<string, unknown>, { stack });
}
