(()=>{
const main=document.getElementById('main');
// What changes comes as HTML, whenever the cart's stream has news of it. The same
// again leaves the page alone, and with it what a finger is about to tap. Only the
// newest question's answer counts: what is paid is not asked for again.
const look=async()=>{
const mine=++asked;
try{const r=await fetch('pay'+location.search,{headers:{'X-Mirrorcart-Part':'pay'},cache:'no-store'});
if(!r.ok)return;
const part=document.createElement('template');part.innerHTML=await r.text();
if(mine!==asked)return;
if(part.innerHTML!==shown){shown=part.innerHTML;main.replaceChildren(part.content)}}catch{}};
let shown=main.innerHTML,asked=0,news;
const listen=()=>{news=new EventSource('events?as=json');news.addEventListener('cart',look);news.onerror=()=>{if(news.readyState===2)setTimeout(listen,3000)}};
listen();
document.addEventListener('visibilitychange',()=>{if(!document.hidden)look()});
setInterval(look,20000);
document.addEventListener('click',async e=>{
const b=e.target.closest('[data-copy]');if(!b)return;
const text=b.dataset.copy;
try{await navigator.clipboard.writeText(text)}catch{
const f=document.createElement('textarea');f.value=text;document.body.append(f);f.select();document.execCommand('copy');f.remove()}
const was=b.textContent;b.textContent=b.dataset.copied;setTimeout(()=>{b.textContent=was},1500)});
})();
