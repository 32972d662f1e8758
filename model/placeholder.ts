/** Texts that stand in examples and must not run anywhere. */
const anywhere = [
  /^your[-_ ]/i,
  /change[-_ ]?(me|it)\b/i,
  /change[-_ ]?in[-_ ]?production/i,
  /^(secure|strong)[-_ ]password$/i,
  /^<[^>]*>$/,
  /^\$\{[^}]*\}$/,
  /^x{3,}$/i,
  /_here$/i,
];

/** Further texts that are no secrets, whatever they may be elsewhere. */
const asSecret = [
  /^(pass(word|phrase|wd)?|secret|token|api[-_ ]?key|key|admin|root|test|example|dummy|placeholder|none|todo)\d*$/i,
  /^(postgres|qwerty|letmein|0?123456\d*)$/i,
];

/** Whether a text was copied from an example. Of a secret less is believed. */
export function isPlaceholder(text: string, secret: boolean): boolean {
  const patterns = secret ? [...anywhere, ...asSecret] : anywhere;
  return patterns.some((pattern) => pattern.test(text.trim()));
}
