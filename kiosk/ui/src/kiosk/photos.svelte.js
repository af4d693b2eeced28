/** Photos are those that the shopper has taken in this session. */
export class Photos {
  list = $state.raw([]);
  #session;
  #failed;

  constructor({ session, failed }) {
    this.#session = session;
    this.#failed = failed;
  }

  /** take takes a photo, which the shopper has ticked to agree to; it is the name of the new photo, or nothing. */
  async take() {
    const before = this.list.map((p) => p.name);
    try {
      await this.#session.ask('POST', '/photos', { consent: true, of_16: true });
      return this.list.find((p) => !before.includes(p.name))?.name;
    } catch (err) {
      this.#failed(err.kind === 'conflict' ? Object.assign(err, { kind: 'photoNobody' }) : err);
    }
  }

  /** keep keeps a photo until finish, or lets it go to the phone too. */
  keep(name, until) {
    return this.#session.tell('PUT', `/photos/${name}`, { until });
  }

  delete(name) {
    return this.#session.tell('DELETE', `/photos/${name}`);
  }
}
