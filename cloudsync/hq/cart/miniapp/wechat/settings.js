// What a chain sets before it publishes its mini program; the app's own id
// stands in project.config.json.
//
// base is headquarters' address as phones reach it: public_url in hq.yaml. The
// mini program speaks to no other; name it in the console under both "request
// 合法域名" and "业务域名".
export const base = 'https://cart.example.com';
