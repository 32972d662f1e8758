export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
}

/** Bytes over all interfaces of `/proc/net/dev` but the loopback. */
export function networkBytes(text: string): NetworkBytes {
  let [received, sent] = [0, 0];
  for (const line of text.split("\n")) {
    const [name, counts] = line.split(":", 2);
    if (counts === undefined || name?.trim() === "lo") continue;
    const numbers = counts.trim().split(/\s+/).map(Number);
    received += numbers[0] ?? 0;
    sent += numbers[8] ?? 0;
  }
  return { received, sent };
}
