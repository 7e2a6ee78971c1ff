/**
 * Strings from the host, whole. The bindings that componentize-js makes read them with a decoder of their own, which
 * drops U+FEFF at the front: another key, another value. That decoder cannot be reached, but the method it uses can.
 */

/** From now on a UTF-8 decoder made without options keeps U+FEFF at the front. Call it once, before any request. */
export function keepByteOrderMarks(): void {
  const decode = TextDecoder.prototype.decode;
  const whole = new TextDecoder("utf-8", { ignoreBOM: true });
  TextDecoder.prototype.decode = function (input, options) {
    const plain = options === undefined && !this.ignoreBOM && !this.fatal && this.encoding === "utf-8";
    return decode.call(plain ? whole : this, input, options);
  };
}
