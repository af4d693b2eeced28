// What a chain sets before it publishes its Mini App; the app's own id is
// APP_ID in the file .env, where Zalo's tools look for it.
//
// base is headquarters' address as phones reach it: public_url in hq.yaml. The
// Mini App speaks to no other.
export const base = 'https://cart.example.com';
