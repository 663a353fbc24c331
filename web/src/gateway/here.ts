/** A URL of the gateway on the origin of the page, whatever name a proxy gave the gateway to call itself. */
export function here(url: string): string {
  const { pathname, search } = new URL(url.replaceAll("{", "%7B").replaceAll("}", "%7D"), location.href);
  return (location.origin + pathname + search).replaceAll("%7B", "{").replaceAll("%7D", "}");
}
