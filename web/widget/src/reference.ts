/** A reference in groups that can be read aloud: "7K2M9QXA" → "7K2M 9QXA". */
export function reference(text: string): string {
  if (/[\s-]/.test(text)) return text;
  const size = text.length % 4 === 0 || text.length > 9 ? 4 : 3;
  return text.match(new RegExp(`.{1,${size}}`, "g"))?.join(" ") ?? text;
}
