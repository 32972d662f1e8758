import assert from "node:assert/strict";
import * as fc from "fast-check";
import { clientAddress } from "#servers/runtime/access/clientAddress.ts";
import { gatewayAddress } from "#servers/runtime/access/gatewayAddress.ts";
import { networksOf, plainAddress } from "#servers/runtime/access/networks.ts";

describe("networks", () => {
  it("hold what a comparison of the leading bits holds", () => {
    const value = fc.integer({ min: 0, max: 0xffff_ffff });
    const text = (number: number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255).join(".");
    fc.assert(
      fc.property(value, value, fc.integer({ min: 0, max: 32 }), (network, address, bits) => {
        const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
        const base = (network & mask) >>> 0;
        const inside = (address & mask) >>> 0 === base;
        const networks = networksOf([`${text(base)}/${bits}`]);
        assert.equal(networks.contains(text(address)), inside);
        assert.equal(networks.contains(plainAddress(`::ffff:${text(address)}`)!), inside);
        assert.equal(networks.contains(text(base)), true);
      }),
    );
  });

  it("hold IPv6, and IPv4 written as IPv6", () => {
    const networks = networksOf(["fd00::/8", "::ffff:10.0.0.0/104"]);
    assert.ok(networks.contains("fd12:3456::1") && networks.contains("10.200.0.1"));
    assert.ok(
      !networks.contains("fe80::1") && !networks.contains("11.0.0.1") && !networks.contains("unknown"),
    );
    assert.ok(networksOf(["::/0"]).contains("2001:db8::1"));
    assert.ok(networksOf([]).empty);
  });

  it("know one spelling of an address", () => {
    for (const [text, plain] of [
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["::FFFF:c000:0201", "192.0.2.1"],
      ["2001:0DB8:0:0:0:0:0:1", "2001:db8::1"],
      ["fe80::1%eth0", "fe80::1"],
      ["192.0.2.01", undefined],
      ["192.0.2", undefined],
      ["", undefined],
    ] as const) {
      assert.equal(plainAddress(text), plain, text);
    }
  });
});

describe("the address of a client", () => {
  const none = { networks: [], header: "X-Forwarded-For" } as const;
  const proxied = { networks: ["10.0.0.0/8", "fd00::/8"], header: "X-Forwarded-For" } as const;
  const standard = { ...proxied, header: "Forwarded" } as const;
  const listed = (value: string | undefined, peer = "10.0.0.1") =>
    clientAddress(peer, value === undefined ? {} : { "x-forwarded-for": value }, proxied);
  const forwarded = (value: string) => clientAddress("10.0.0.1", { forwarded: value }, standard);

  it("is the connection's, whatever headers say, where no proxy is trusted", () => {
    const headers = { "x-forwarded-for": "192.0.2.9", forwarded: "for=192.0.2.9" };
    assert.deepEqual(clientAddress("::ffff:192.0.2.1", headers, none), { address: "192.0.2.1", real: true });
    assert.deepEqual(listed("192.0.2.9", "192.0.2.1"), { address: "192.0.2.1", real: true });
  });

  it("is not real when it is the gateway's, or the connection is gone", () => {
    assert.deepEqual(clientAddress("172.18.0.1", {}, none, "172.18.0.1"), {
      address: "172.18.0.1",
      real: false,
    });
    assert.equal((clientAddress(undefined, {}, none) as { real: boolean }).real, false);
    const behind = { networks: ["172.18.0.1/32"], header: "X-Forwarded-For" } as const;
    assert.deepEqual(clientAddress("172.18.0.1", { "x-forwarded-for": "192.0.2.1" }, behind, "172.18.0.1"), {
      address: "192.0.2.1",
      real: true,
    });
  });

  it("is the right-most one that is no trusted proxy's", () => {
    const addressOf = (value: string | undefined) => (listed(value) as { address: string }).address;
    assert.equal(addressOf("192.0.2.1"), "192.0.2.1");
    assert.equal(addressOf("203.0.113.7, 192.0.2.1, 10.1.1.1"), "192.0.2.1");
    assert.equal(addressOf("192.0.2.1:4711, [fd00::2]:443"), "192.0.2.1");
    assert.equal(addressOf("10.9.9.9, 10.1.1.1"), "10.9.9.9");
    assert.equal(addressOf(undefined), "10.0.0.1");
    assert.deepEqual(forwarded('for=203.0.113.7;proto=https, For="[2001:DB8::1]:4711";by=10.1.1.1'), {
      address: "2001:db8::1",
      real: true,
    });
  });

  it("cannot be chosen by the client, whatever it writes in front", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
    fc.assert(
      fc.property(fc.array(address, { maxLength: 10 }), (written) => {
        const seen = listed([...written, "192.0.2.77"].join(", "));
        assert.deepEqual(seen, { address: "192.0.2.77", real: true });
      }),
    );
  });

  it("is read from the configured header only", () => {
    const both = { "x-forwarded-for": "192.0.2.1", forwarded: "for=203.0.113.7" };
    assert.equal((clientAddress("10.0.0.1", both, proxied) as { address: string }).address, "192.0.2.1");
    assert.equal((clientAddress("10.0.0.1", both, standard) as { address: string }).address, "203.0.113.7");
  });

  for (const value of [
    "",
    ",",
    "192.0.2.1,",
    "unknown",
    "192.0.2.1 192.0.2.2",
    "192.0.2.256",
    "localhost",
    "1.2.3.4:x",
    "[192.0.2.1]",
    "fe80::1%eth0",
    Array.from({ length: 33 }, () => "192.0.2.1").join(),
  ]) {
    it(`is unknown behind a proxy that sends "${value.slice(0, 30)}"`, () => {
      assert.deepEqual(listed(value), { problem: "the header X-Forwarded-For cannot be read" });
    });
  }

  for (const value of [
    "",
    "for=_hidden",
    "for=unknown",
    "by=192.0.2.1",
    "for=192.0.2.1;for=192.0.2.2",
    'for="192.0.2.1',
    "192.0.2.1",
  ]) {
    it(`is unknown behind a proxy that sends Forwarded: ${value}`, () => {
      assert.deepEqual(forwarded(value), { problem: "the header Forwarded cannot be read" });
    });
  }
});

describe("the gateway", () => {
  const head = "Iface\tDestination\tGateway \tFlags\n";
  it("is that of the default route", () => {
    assert.equal(
      gatewayAddress(`${head}eth0\t000012AC\t00000000\t0001\neth0\t00000000\t010012AC\t0003\n`),
      "172.18.0.1",
    );
  });
  it("is none without one", () => {
    assert.equal(gatewayAddress(`${head}eth0\t000012AC\t00000000\t0001\n`), undefined);
    assert.equal(gatewayAddress(""), undefined);
  });
});
