// Package payment makes the codes that a shopper's bank app scans to pay by bank
// transfer: VietQR and PromptPay, by the merchant-presented format of EMVCo. A
// code is made without a line; that the money came is for the bank to say.
package payment
