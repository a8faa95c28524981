// A chat group as the fakes know it: its members and what they saw.
// Which message rings whom is the service's business.

/**
 * @typedef {{id: string, name?: string, mobile?: string}} Member
 * @typedef {object} Delivery
 * @property {number} at virtual time
 * @property {string} group
 * @property {string} msgtype
 * @property {string} text what was sent, as it arrived
 * @property {string} view what people see, as plain lines
 * @property {import('./markdown.mjs').Live} live
 * @property {string[]} rung ids of the members whose phone rang for them in person
 */

export class Group {
  /** @type {Member[]} */
  members = [];
  /** @type {Delivery[]} */
  delivered = [];

  /** @param {string} name @param {{members?: Member[], anybody?: boolean}} [options] */
  constructor(name, options = {}) {
    this.name = name;
    this.members.push(...(options.members ?? []));
    /** Whoever is mentioned counts as a member: for a group whose members nobody told us. */
    this.anybody = options.anybody ?? false;
  }

  byId(/** @type {string} */ id) {
    const known = this.members.find((member) => member.id === id);
    if (known || !this.anybody) return known;
    return this.#join({ id });
  }

  byMobile(/** @type {string} */ mobile) {
    const known = this.members.find((member) => member.mobile === mobile);
    if (known || !this.anybody) return known;
    return this.#join({ id: mobile, mobile });
  }

  #join(/** @type {Member} */ member) {
    this.members.push(member);
    return member;
  }

  /** Everybody who was rung so far, once per ring. */
  get rung() {
    return this.delivered.flatMap((delivery) => delivery.rung);
  }
}

/** @param {Map<string, Group>} groups @param {string} name */
export function groupOf(groups, name) {
  const group = groups.get(name);
  if (!group) throw new Error(`no group "${name}"; there are ${[...groups.keys()].join(', ') || 'none'}`);
  return group;
}
