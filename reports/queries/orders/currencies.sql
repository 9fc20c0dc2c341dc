select currency, orders from order_currencies
