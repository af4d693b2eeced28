/** brandOf is the app as shoppers know it: of one there may be several ways in. */
export function brandOf(app) {
  return app.split('-')[0];
}
