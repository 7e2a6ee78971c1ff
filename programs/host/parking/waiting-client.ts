/** Who waits for an answer, for as long as anybody reads it. Ten thousand of them wait at one time, so it is small. */
export class WaitingClient {
  gone: boolean;
  /** Called once, when it goes. */
  onGone: () => void = () => {};

  constructor({ gone = false }: { readonly gone?: boolean } = {}) {
    this.gone = gone;
  }

  leave(): void {
    if (this.gone) return;
    this.gone = true;
    this.onGone();
  }
}
