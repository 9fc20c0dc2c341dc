"""What exports call our columns, in English, French, German, Spanish, Dutch and Italian: `draft` finds them by these words.

A title is compared without capitals, accents, marks and what stands in brackets: `Qté`, `qte` and `QTE (pcs)` are one.
"""

from __future__ import annotations

import re

from ingestion.csv_records import plain_title

_TIME = (
    "date, day, time, hour, datetime, date time, date and time, timestamp, time stamp, start, start time, hour start, interval start, period start, "
    "period, interval, from, begin, date heure, heure, jour, debut, horodatage, date et heure, datum, uhrzeit, zeit, zeitstempel, zeitpunkt, zeitraum, "
    "tag, stunde, von, beginn, datum uhrzeit, fecha, hora, fecha hora, fecha y hora, dia, inicio, desde, datum tijd, tijd, tijdstip, dag, uur, vanaf, "
    "data, ora, data ora, data e ora, giorno, inizio, sensing date, hourday, hour of day, local time, time local"
)
_STORE = (
    "store, store id, store name, store code, shop, shop id, shop name, site, site id, site name, branch, location, location name, outlet, "
    "magasin, boutique, point de vente, etablissement, filiale, laden, geschaft, standort, tienda, sucursal, local, winkel, vestiging, locatie, filiaal, "
    "negozio, punto vendita, sede"
)
_PRODUCT = (
    "sku, product, product id, product code, item, item code, item number, item id, item no, article, article number, article code, article no, barcode, "
    "ean, ean13, gtin, upc, plu, ref, reference, code article, code produit, produit, code barre, artikel, artikelnummer, artikel nr, artikelnr, art nr, "
    "produkt, produktnummer, producto, codigo, codigo producto, referencia, articulo, artikelcode, prodotto, codice, codice articolo, codice prodotto, "
    "articolo, lineitem sku"
)
_QUANTITY = (
    "qty, quantity, units, pieces, units sold, quantity sold, qty sold, qte, quantite, quantite vendue, nombre, menge, anzahl, stuck, stuckzahl, "
    "cantidad, unidades, uds, aantal, stuks, hoeveelheid, quantita, qta, pezzi, lineitem quantity"
)
_PRICE = (
    "price, unit price, price each, item price, item cost, prix, prix unitaire, pu, pu ttc, prix unitaire ttc, prix ttc, preis, einzelpreis, stuckpreis, "
    "vk preis, precio, precio unitario, prijs, stukprijs, eenheidsprijs, prezzo, prezzo unitario, lineitem price"
)
_AMOUNT = (
    "amount, total, line total, total amount, line amount, total price, paid, montant, montant ttc, total ttc, prix total, ca ttc, betrag, summe, gesamt, "
    "gesamtbetrag, gesamtpreis, umsatz, bruttobetrag, importe, importe total, bedrag, totaal, totaalbedrag, omzet, importo, totale, importo totale"
)
_DISCOUNT = "discount, discount amount, discounts, remise, rabais, rabatt, nachlass, descuento, korting, sconto"
_TAX = "tax, taxes, vat, vat amount, tva, montant tva, mwst, ust, steuer, iva, btw"
_CURRENCY = "currency, currency code, order currency, devise, monnaie, wahrung, moneda, divisa, valuta"
_ORDER = (
    "order, order id, order number, order no, order name, commande, n commande, no commande, numero commande, numero de commande, bestellung, "
    "bestellnummer, bestellnr, auftrag, auftragsnummer, pedido, numero pedido, numero de pedido, n pedido, bestelling, bestelnummer, ordernummer, "
    "ordine, numero ordine, id ordine, n ordine"
)
_ORDERED = (
    "created, created at, order date, ordered at, placed at, order placed, purchase date, date commande, date de commande, bestelldatum, auftragsdatum, "
    "fecha pedido, fecha de pedido, besteldatum, data ordine"
)
_ORDER_COLUMNS = {
    "order_id": _ORDER,
    "ordered_at": f"{_ORDERED}, {_TIME}",
    "product_id": _PRODUCT,
    "quantity": _QUANTITY,
    "unit_price": _PRICE,
    "status": "status, order status, financial status, payment status, statut, etat, zustand, estado, stato",
    "currency": _CURRENCY,
    "tax": _TAX,
    "shipping": "shipping, shipping amount, shipping total, delivery, postage, livraison, port, frais de port, versand, versandkosten, envio, "
    "gastos de envio, verzending, verzendkosten, spedizione",
    "refunded": "refunded, refund, refund amount, refunded amount, rembourse, remboursement, erstattet, erstattung, reembolso, reembolsado, "
    "terugbetaald, terugbetaling, rimborso, rimborsato",
}

_WORDS: dict[str, dict[str, str]] = {
    "footfall.readings": {
        "sensor_id": "sensor, sensor id, sensor name, door, door name, device, device id, device name, counter, counter id, counter name, camera, "
        "entrance, gate, capteur, porte, compteur, acces, tur, zahler, eingang, sensor nr, puerta, acceso, deur, teller, ingang, porta, varco, "
        "sensore, contatore",
        "hour_start": _TIME,
        "visits": "in, ins, entries, enters, count, counts, visits, visitors, people, people in, footfall, total in, hourly counts, traffic, pedestrians, "
        "visitor count, entrees, entree, entrants, passages, visiteurs, visites, comptage, besucher, eintritte, zugange, eingange, frequenz, "
        "besucherzahl, visitas, visitantes, entradas, conteo, personas, bezoekers, passanten, binnen, visitatori, visite, ingressi, entrate, conteggio, "
        "persone, passaggi, total of directions, value, anzahl, aantal, nombre",
        "store_id": _STORE,
    },
    "retail.sales": {
        "sold_at": f"sale date, sold at, date of sale, receipt date, invoice date, transaction date, date vente, date de vente, verkaufsdatum, belegdatum, "
        f"bondatum, fecha venta, fecha de venta, verkoopdatum, data vendita, {_TIME}",
        "product_id": _PRODUCT,
        "quantity": _QUANTITY,
        "store_id": _STORE,
        "amount": _AMOUNT,
        "unit_price": _PRICE,
        "discount": _DISCOUNT,
        "tax": _TAX,
        "currency": _CURRENCY,
        "ticket_id": "ticket, ticket id, ticket no, ticket number, receipt, receipt id, receipt no, receipt number, transaction, transaction id, n ticket, "
        "no ticket, numero ticket, numero de ticket, bon, bon nr, bonnummer, bonnr, beleg, belegnr, belegnummer, beleg nr, scontrino, numero scontrino, "
        "kassenbon, kassabon",
    },
    "orders.lines": {
        **_ORDER_COLUMNS,
        "bill": "total, order total, grand total, order total amount, total ttc, gesamt, totaal, totale",
        "discount": f"{_DISCOUNT}, lineitem discount",
    },
    "orders.orders": {**_ORDER_COLUMNS, "discount": _DISCOUNT, "bill": f"{_AMOUNT}, order total, grand total"},
    "air_quality.hourly": {
        "station_id": "station, station id, station name, station code, sensor id, sensor, device, device id, location id, site, site id, capteur, "
        "messstation, estacion, meetstation, stazione",
        "measured_at": f"measured at, sampled at, date mesure, messzeit, {_TIME}",
        "co": "co, carbon monoxide",
        "no2": "no2, nitrogen dioxide, stickstoffdioxid, dioxyde d azote",
        "o3": "o3, ozone, ozon, ozono",
        "pm10": "pm10, pm 10, p1",
        "pm2_5": "pm2 5, pm25, pm 2 5, p2",
        "temperature": "temperature, temp, temperatur, temperatura, temperatuur",
        "humidity": "humidity, rh, relative humidity, humidite, luftfeuchtigkeit, feuchte, humedad, vochtigheid, umidita",
    },
    "retail.products": {
        "product_id": _PRODUCT,
        "name": "name, product name, title, description, nom, designation, libelle, bezeichnung, artikelbezeichnung, nombre, descripcion, naam, "
        "omschrijving, nome, descrizione",
        "price": _PRICE,
        "stock": "stock, in stock, inventory, on hand, quantite en stock, bestand, lagerbestand, existencias, voorraad, giacenza",
    },
    "retail.stores": {
        "store_id": _STORE,
        "city": "city, town, ville, stadt, ort, ciudad, stad, plaats, citta",
        "employees": "employees, staff, effectif, mitarbeiter, empleados, medewerkers, dipendenti",
    },
    "footfall.stores": {
        "store_id": _STORE,
        "name": "name, nom, nombre, naam, nome",
        "city": "city, town, ville, stadt, ort, ciudad, stad, plaats, citta",
        "country_code": "country, country code, pays, land, pais, paese",
        "timezone": "timezone, time zone, fuseau horaire, zeitzone, zona horaria, tijdzone, fuso orario",
        "opens_at": "opens, opens at, opening, ouverture, offnung, apertura, opening",
        "closes_at": "closes, closes at, closing, fermeture, schliessung, cierre, sluiting, chiusura",
    },
    "footfall.sensors": {
        "sensor_id": "sensor, sensor id, sensor name, device, device id, counter, capteur, compteur, zahler, sensore",
        "store_id": _STORE,
    },
    "orders.products": {
        "product_id": _PRODUCT,
        "name": "name, product name, title, nom, designation, bezeichnung, nombre, naam, nome",
        "price": _PRICE,
    },
    "orders.customers": {
        "customer_id": "customer id, customer, client id, client, id client, kundennummer, kunden nr, cliente, id cliente, klantnummer",
        "country": "country, pays, land, pais, paese",
    },
    "air_quality.stations": {
        "station_id": "station, station id, sensor id, sensor, device id, location id",
        "station_name": "station name, name, nom, nombre, naam, nome",
        "latitude": "latitude, lat, breitengrad, latitud, latitudine",
        "longitude": "longitude, lon, lng, long, langengrad, longitud, longitudine",
    },
}

PERSONAL = re.compile(
    r"\b(mail|email|e mail|name|nom|prenom|vorname|nachname|nombre|apellido|naam|nome|cognome|first|last|company|address\w*|adresse|street|strasse|rue|calle|"
    r"straat|via|zip|postcode|postal|plz|phone|tel|telephone|telefon|telefono|mobile|customer|client|kunde|kunden|cliente|klant|billing|shipping|recipient|note|"
    r"notes|comment|comments|remark|ip|iban|card|birth\w*|contact|user|token|payment|employee|cashier|staff|buyer|acheteur|kaufer|comprador|koper|acquirente|who|seller|vendeur|vendeuse|caissier|serveur|verkaufer|"
    r"bediener|kassierer|mitarbeiter|vendedor|cajero|verkoper|venditore|cassiere)\b"
)
"""Titles of columns whose cells may say who somebody is: no cell of theirs is shown."""

NOT_WIDE = re.compile(
    r"\b(total|totals|sum|summe|gesamt|somme|totaal|totale|suma|all|year|annee|jahr|ano|jaar|anno|month|mois|monat|mes|maand|mese|day|jour|tag|dia|dag|giorno|"
    r"week|semaine|woche|semana|settimana|weekday|hour|heure|stunde|hora|uur|ora|quarter|temp\w*|rain|weather|wetter|meteo|holiday|id)\b"
)
"""Titles of columns beside those of sensors that are none: sums, parts of the date, the weather."""

TOTAL = re.compile(
    r"(sub ?|sous |grand |zwischen|end)?(total|totals|totaux|totaal|totale|subtotaal|summe|sum|suma|somme|gesamt|gesamtsumme)( general| generale| ttc| ht)?"
)
"""What stands in a row that is the sum of others."""

CURRENCIES = {
    "€": "EUR",
    "£": "GBP",
    "zł": "PLN",
    "₹": "INR",
    "₪": "ILS",
    "₺": "TRY",
    "₩": "KRW",
    "₫": "VND",
    "₴": "UAH",
}
"""Signs of one currency each; $, ¥ and kr are those of several."""


def plain(title: str) -> str:
    """A title as titles are compared: without capitals, accents, marks and what stands in brackets."""
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", title)
    # "Date/heure", "order_id", "Réf." and "N° ticket"
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain_title(bare if bare.strip() else title)).split())


COLUMNS: dict[str, dict[str, frozenset[str]]] = {
    target: {ours: frozenset(plain(word) for word in words.split(",")) for ours, words in columns.items()}
    for target, columns in _WORDS.items()
}
"""For each entity its columns, and the plain titles that stand for each."""
