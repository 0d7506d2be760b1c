"""Every write about money: what people pay, and what we let ourselves be charged."""
