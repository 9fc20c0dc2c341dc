# Ce que lisent les gens dans les pages et les courriels. Une phrase est une phrase entière ou un libellé ; une valeur à insérer porte un $ devant son nom.

## Les pages, dans l’ordre du menu, et ce qui les entoure

pages-overview = Vue d’ensemble
pages-stores = Magasins
pages-sensors = Capteurs
pages-visits = Explorateur
pages-forecast = Prévisions
pages-sales = Ventes
pages-performance = Performance des magasins
pages-orders = Commandes en ligne
pages-air = Air
pages-health = Santé des capteurs
pages-pipeline = Chaîne de données
pages-store = Magasin
pages-sensor = Capteur
pages-station = Station
frame-to_content = Aller au contenu
frame-open_menu = Ouvrir le menu
frame-close_menu = Fermer le menu
frame-pages = Pages
theme-system = Couleurs : comme l’appareil
theme-light = Couleurs : claires
theme-dark = Couleurs : sombres
theme-system_change = Couleurs : comme l’appareil. Changer
theme-light_change = Couleurs : claires. Changer
theme-dark_change = Couleurs : sombres. Changer
publication-published = Publié le { $moment }. Les heures sont celles du fuseau { $timezone }.
publication-older = Ces chiffres sont anciens : ils datent du { $moment }.
publication-nothing = Rien n’a encore été publié.
publication-stale = Depuis le { $moment }, aucune mise à jour n’a pu être publiée : { $reason }.
publication-empty = Il n’y a pas encore de données.
publication-empty_run = les récupère, les calcule et les publie ; cette page les affichera ensuite.
error-no_page = Page introuvable
error-failed_page = Cette page n’a pas pu s’afficher
error-nothing_here = Il n’y a rien à cette adresse.
error-gone = Un magasin ou un capteur disparu des données n’a plus de page non plus.
error-failed = Une erreur s’est produite
error-reload = { $message }. Rechargez la page.
error-to_overview = Retour à la vue d’ensemble
no_such-store = Magasin introuvable
no_such-sensor = Capteur introuvable
no_such-station = Station introuvable
no_such-store_named = Le magasin « { $name } » n’est pas, ou n’est plus, dans les données.
no_such-sensor_named = Le capteur « { $name } » n’est pas, ou n’est plus, dans les données.
no_such-station_named = La station « { $name } » n’est pas, ou n’est plus, dans les données.
no_such-which_store = L’adresse ne dit pas de quel magasin il s’agit.
no_such-which_sensor = L’adresse ne dit pas de quel capteur il s’agit.
no_such-which_station = L’adresse ne dit pas de quelle station il s’agit.
no_such-choose = Choisissez dans la liste.
loading = Chargement…
could_not_load = Les données n’ont pas pu être chargées : { $error }. Rechargez la page.

## Chiffres, jours et heures

percent = { $value } %
age-hours = { $hours } h
age-days =
    { $days ->
        [one] { $days } jour
       *[other] { $days } jours
    }
gigabytes = { $size } Go
megabytes = { $size } Mo
some_of_all = { $some } sur { $all }
day-long = { DATETIME($day, weekday: "long", day: "numeric", month: "long", year: "numeric") }
day-short = { DATETIME($day, weekday: "short", day: "numeric", month: "short") }
day-plain = { DATETIME($day, day: "numeric", month: "long", year: "numeric") }
day-of_month = { DATETIME($day, weekday: "short", day: "numeric") }
day-and_month = { DATETIME($day, day: "2-digit", month: "2-digit") }
day-month = { DATETIME($day, month: "long", year: "numeric") }
moment = { $day } à { $time }
moment-utc = { $moment } UTC
unknown_time = une heure inconnue
table-day = { $day }/{ $month }/{ $year }
table-moment = { $day } { $time }
list-separator = { " ; " }

## Mots communs à plusieurs pages

visits = Visiteurs
revenue = Chiffre d’affaires
sales = Ventes
orders = Commandes
basket = Panier moyen
returned = Retours
refunded = Remboursements
refunded-note = déduits du chiffre d’affaires
revenue_per_order = Panier moyen
conversion = Taux de transformation, %
sales_per_visits = Ventes pour { $visits } visiteurs
units =
    { $units ->
        [one] { $units } article
       *[other] { $units } articles
    }
sales_and_units =
    { $sales ->
        [one] { $sales } vente, articles : { $units }
       *[other] { $sales } ventes, articles : { $units }
    }
sales_and_visits =
    { $sales ->
        [one] { $sales } vente, visiteurs : { $visits }
       *[other] { $sales } ventes, visiteurs : { $visits }
    }
orders_and_units =
    { $orders ->
        [one] { $orders } commande, articles : { $units }
       *[other] { $orders } commandes, articles : { $units }
    }
no_data = pas de données
no_data_yet = Pas encore de données.
no_week_yet = Pas encore de semaine complète.
nothing_yet = rien encore
none = Aucun élément.
nothing_usual_yet = pas de référence
usually_none = d’habitude, personne
closed = fermé
closed-why = fermé : { $reason }
so_far = en cours
counted = compté
estimated = estimé
partly_estimated = en partie estimé
expected = attendu
anomaly = anomalie
critical = Critique
warning = À surveiller
by_day = Par jour
by_hour = Par heure
by_store = Par magasin
above_limit_of = au-dessus de la limite de { $limit }
within_limit_of = sous la limite de { $limit }

## Comparaisons et périodes

compare-with = par rapport à
compare-usual-title = habituel
compare-usual-option = l’habitude
compare-usual-heading = Écart à l’habitude
compare-usual-vs = { $change } par rapport à l’habitude
compare-week-title = semaine précédente
compare-week-option = la semaine précédente
compare-week-heading = Écart à la semaine précédente
compare-week-vs = { $change } par rapport à la semaine précédente
compare-4-weeks-title = 4 semaines plus tôt
compare-4-weeks-option = 4 semaines plus tôt
compare-4-weeks-heading = Écart à 4 semaines plus tôt
compare-4-weeks-vs = { $change } par rapport à 4 semaines plus tôt
compare-year-title = un an plus tôt (364 jours)
compare-year-option = un an plus tôt (364 jours)
compare-year-heading = Écart à un an plus tôt
compare-year-vs = { $change } par rapport à un an plus tôt
compare-of_days = { $change }, sur { $days } jours comparables parmi { $all }
range-days = Jours
range-days_of_hours = Jours affichés par heure
range-from = du
range-to = au
range-1_day = 1 jour
range-2_days = 2 jours
range-7_days = 7 jours
range-4_weeks = 4 semaines
range-8_weeks = 8 semaines
range-all = Tous les jours
range-printed = Du { $begin } au { $end }
range-printed_compared = Du { $begin } au { $end }, par rapport à : { $what }
to_date = À ce jour
to_date-day = Le jour
to_date-week = La semaine en cours
to_date-month = Le mois en cours
to_date-year = L’année en cours
to_date-since = depuis le { $day }
to_date-vs_weeks = par rapport aux semaines précédentes
to_date-vs_year = par rapport à 52 semaines plus tôt
to_date-known_days =
    { $known ->
        [one] { $known } jour sur { $days } a des données
       *[other] { $known } jours sur { $days } ont des données
    }
to_date-incomplete = incomplet
to_date-incomplete_day = incomplet une semaine plus tôt
to_date-incomplete_week = incomplet une semaine plus tôt
to_date-incomplete_month = incomplet 4 semaines plus tôt
to_date-incomplete_year = incomplet 52 semaines plus tôt
to_date-before_day = { $visits } une semaine plus tôt
to_date-before_week = { $visits } une semaine plus tôt
to_date-before_month = { $visits } 4 semaines plus tôt
to_date-before_year = { $visits } 52 semaines plus tôt
to_date-note = Comparaison avec les mêmes jours de la semaine : une semaine plus tôt, ou 4 semaines plus tôt pour le mois.
to_date-note_year = Une année compte 52 semaines.
to_date-note_no_year = Pas encore de comparaison avec l’an dernier : les données ne remontent pas à 52 semaines.

## Chiffres d’une période

figure-visits_of_days = Visiteurs sur ces jours
figure-counted = Dont comptés
figure-of_them_counted =
    { $visits ->
        [one] dont { $visits } compté
       *[other] dont { $visits } comptés
    }
figure-usual = d’habitude { $visits }
figure-door_hours =
    { $hours ->
        [one] { $hours } heure de porte sur { $all }
       *[other] { $hours } heures de porte sur { $all }
    }
figure-open_hours =
    { $hours ->
        [one] { $hours } heure d’ouverture sur { $all }
       *[other] { $hours } heures d’ouverture sur { $all }
    }
figure-returned_units =
    { $returned ->
        [one] { $returned } article sur { $all }
       *[other] { $returned } articles sur { $all }
    }

## Graphiques : leurs noms, leurs légendes et leurs bulles

chart-no_figures = Aucun chiffre.
chart-span =
    { $count ->
        [one] { $count } chiffre, du { $first } au { $last }.
       *[other] { $count } chiffres, du { $first } au { $last }.
    }
chart-highest = Le plus haut : { $value }, { $when }.
chart-lowest = Le plus bas : { $value }, { $when }.
chart-newest = Le plus récent : { $value }, { $when }.
chart-events = Événements : { $events }.
chart-visits_by_day = Fréquentation par jour
chart-visits_by_hour = Fréquentation par heure
chart-visits_by_weekday = Fréquentation par jour de la semaine et par heure
chart-revenue_by_day = Chiffre d’affaires par jour
chart-revenue_by_hour = Chiffre d’affaires par heure
chart-by_day = { $name }, par jour
key-counted = compté
key-estimated = estimé
key-expected = attendu
key-closed = fermé
key-no_data = pas de données
key-anomaly = anomalie
key-revenue = chiffre d’affaires
key-counted_so_far = compté jusqu’ici : journée en cours
key-closed_day = jour de fermeture
key-so_far_day = jusqu’ici : journée en cours
key-so_far_order = jusqu’ici : heure de la dernière commande
key-mostly_estimated = surtout estimé : moins de 80 % des heures d’ouverture comptées
key-event = événement
tip-hour = { $day }, { $hour }
tip-hour_closed = { $day }, { $hour } (fermé)
tip-day_so_far = { $day }, jusqu’ici
tip-figure = { $name } : { $value }
tip-counted = compté : { $visits }
tip-counted_so_far = compté jusqu’ici : { $visits }
tip-not_counted = non compté
tip-estimated = estimé : { $visits }
tip-estimated_on_top = estimé en plus : { $visits }
tip-expected = attendu : { $visits }
tip-anomaly = anomalie : aucune heure ordinaire ne donne ce chiffre
tip-coverage = couverture : { $share }
tip-compared = { $what } : { $value }
tip-compared_change = { $what } : { $value } ({ $change })
tip-revenue = chiffre d’affaires : { $amount }
tip-revenue_so_far = chiffre d’affaires jusqu’ici : { $amount }
tip-no_sales = aucune vente
tip-refunds = remboursements déduits : { $amount }
tip-returns = retours déduits : { $amount }, articles : { $units }
tip-event = événement : { $event }
bars-visits_vs_usual = Visiteurs par rapport à l’habitude
bars-estimated = estimé pour les heures non comptées
bars-some_missing = il manque des heures, et rien ne permet de les estimer
shares-by_product = Chiffre d’affaires par produit
shares-by_region = Chiffre d’affaires par région
shares-by_store = Chiffre d’affaires par magasin
shares-by_country = Chiffre d’affaires par pays
shares-nothing = Rien n’a été vendu les jours terminés.
shares-returned = retours : { $amount }
shares-new = nouveau

## Tableaux et fichiers

search = Rechercher
search-of = Rechercher : { $what }
search-nothing = Rien ne correspond à « { $words } ».
show_more = Afficher la suite ({ $count })
download = Télécharger (CSV)
download-of = Télécharger en CSV : { $file }
file-to = au
file-overview = vue-d-ensemble
file-visits = fréquentation
file-stores = magasins
file-store = magasin
file-sensors = capteurs
file-sensor = capteur
file-stations = stations
file-stations-by-day = stations-par-jour
file-station = station
file-air = air
file-performance = performance
file-orders = commandes
file-health = santé-des-capteurs
file-pipeline = chaîne-de-données
file-days = jours
file-hours = heures
file-latest-days = derniers-jours
file-latest-day-of-each-store = dernier-jour-de-chaque-magasin
file-all-stores-by-day = tous-les-magasins-par-jour
file-to-date = à-ce-jour
file-sales = ventes
file-doors = portes
file-revenue-by-day = chiffre-d-affaires-par-jour
file-revenue-by-product = chiffre-d-affaires-par-produit
file-revenue-by-region = chiffre-d-affaires-par-région
file-revenue-by-store = chiffre-d-affaires-par-magasin
file-revenue-by-country = chiffre-d-affaires-par-pays
file-orders-by-day = commandes-par-jour
file-statuses = statuts
file-rejected = rejets
file-rejected-records = lignes-rejetées
file-forecast-accuracy = précision-des-prévisions
file-restatements = corrections
file-totals = totaux
file-alerts = alertes
file-sources = sources
file-failed-tests = tests-en-échec
file-tests = tests
file-runs = exécutions
file-air-values = valeurs-de-l-air
file-row-counts = nombres-de-lignes
file-past-alerts = alertes-closes
file-forecast = prévisions
file-forecast-by-store = prévisions-par-magasin
file-staffing = effectifs
file-goals = objectifs
file-league = classement-des-magasins
table-stations = les stations
table-hours_and_days = les heures et les jours
table-rejected_lines = les lignes rejetées
table-stores = les magasins
table-sensors = les capteurs
table-pm2_5_of_the_stations = les PM2.5 des stations
table-co_of_the_stations = le CO des stations
table-days_of_the_stations = les jours des stations
table-forecasts = les prévisions
table-restated_hours = les heures corrigées
table-sensor_alerts = les alertes des capteurs
table-orders_by_status = les commandes par statut
table-sources = les sources
table-failed_tests = les tests en échec
table-tests = les tests
table-runs = les exécutions
table-rejected_records_by_reason = les lignes rejetées, par motif
table-rejected_records = les lignes rejetées
table-air_values_that_cannot_be = les valeurs de l’air impossibles
table-tables = les tables
table-closed_alerts = les alertes closes
table-goals = les objectifs
table-league = le classement des magasins
table-visits_forecasts = les prévisions de fréquentation
column-period = Période
column-name = Nom
column-note = Remarque
column-days = Jours
column-days_with_data = Jours avec données
column-currency = Devise
column-returned = Retours
column-units = Articles
column-units_returned = Articles rendus
column-usual = Habituel
column-compare-usual = Habituel
column-compare-week = Semaine précédente
column-compare-4-weeks = 4 semaines plus tôt
column-compare-year = Un an plus tôt (364 jours)
column-sales-compare-usual = Ventes, habituel
column-sales-compare-week = Ventes, semaine précédente
column-sales-compare-4-weeks = Ventes, 4 semaines plus tôt
column-sales-compare-year = Ventes, un an plus tôt (364 jours)
column-revenue-compare-usual = Chiffre d’affaires, habituel
column-revenue-compare-week = Chiffre d’affaires, semaine précédente
column-revenue-compare-4-weeks = Chiffre d’affaires, 4 semaines plus tôt
column-revenue-compare-year = Chiffre d’affaires, un an plus tôt (364 jours)
column-weeks_before = Semaines plus tôt
column-before = Avant
column-vs_before = Évolution
column-52_weeks_before = 52 semaines plus tôt
column-vs_52_weeks_before = Écart à 52 semaines plus tôt
column-station = Station
column-day = Jour
column-pm2_5_g_m = PM2.5, µg/m³
column-who_s_limit = Limite de l’OMS
column-limit = Limite
column-hour = Heure
column-counted = Compté
column-estimated = Estimé
column-expected = Attendu
column-forecast = Prévision
column-forecast_lower = Intervalle, de
column-forecast_upper = Intervalle, à
column-visits_forecast = Visiteurs prévus
column-people = Personnes
column-person_hours = Heures de travail, 14 jours
column-month = Mois
column-goal = Objectif
column-achieved = À ce jour
column-of_the_goal = Part de l’objectif
column-on_track_for = En route vers
column-on_track_pct = Prévu, part de l’objectif
column-place = Rang
column-growth = Évolution
column-days_compared = Jours comparés
column-next_7_days = 7 prochains jours
column-next_14_days = 14 prochains jours
column-vs_four_weeks = Écart aux 4 dernières semaines
column-fullest_day = Jour le plus fort
column-error = Erreur
column-error_four = Erreur de la moyenne de 4 semaines
column-in_the_80_interval = Dans l’intervalle de 80 %
column-coverage = Couverture
column-state = État
column-file = Fichier
column-record = Référence
column-line_and_reason = Ligne et motif
column-first_seen = Vu pour la première fois
column-store = Magasin
column-8_weeks = 8 semaines
column-visits = Visiteurs
column-revenue = Chiffre d’affaires
column-doors = Portes
column-silent_doors = Portes muettes
column-data_until = Données jusqu’au
column-sales = Ventes
column-sensor = Capteur
column-door = Porte
column-vs_usual = Écart à l’habitude
column-last_reading = Dernier relevé
column-newest = Dernière valeur
column-in_1_h = Dans 1 h
column-in_2_h = Dans 2 h
column-day_s_mean = Moyenne du jour
column-missing_30_days = Manquant, 30 jours
column-age_h = Âge, h
column-pollutant = Polluant
column-horizon = Échéance
column-model = Modèle
column-mae = EAM
column-last_value_mae = EAM, dernière valeur
column-yesterday_mae = EAM, la veille
column-vs_last_value = Gain sur la dernière valeur
column-vs_yesterday = Gain sur la veille
column-in_the_90_interval = Dans l’intervalle à 90 %
column-hours = Heures
column-restated_at = Corrigé le
column-value = Valeur
column-from = Du
column-to = Au
column-mean_change = Écart moyen
column-sensors = Capteurs
column-replaced = Remplacés
column-observed = Observé
column-imputed = Imputé
column-failed_hours = Heures en échec
column-outages = Pannes
column-anomalies = Anomalies
column-late = En retard
column-status = Statut
column-reason = Motif
column-since = Depuis
column-counted_7_days = Compté, 7 jours
column-4_weeks = 4 semaines
column-missing_hours = Heures perdues
column-failed = En échec
column-stuck = Bloqué
column-impossible = Aberrant
column-message = Message
column-opened = Ouverte
column-closed = Close
column-orders = Commandes
column-share = Part
column-billed = Facturé
column-revenue_by_day = Chiffre d’affaires par jour
column-visits_change = Visiteurs, évolution
column-conversion_change = Transformation, évolution
column-revenue_change = Chiffre d’affaires, évolution
column-revenue_a_visit = Chiffre d’affaires par visiteur
column-basket = Panier moyen
column-source = Source
column-loaded = Chargé
column-newest_data = Dernières données
column-oldest_feed = Flux le plus ancien
column-limit_h = Limite, h
column-feeds = Flux
column-failed_test = Test en échec
column-tested = Testé
column-rows = Lignes
column-test = Test
column-outcome = Résultat
column-seconds = Secondes
column-run_at = Exécuté
column-started = Début
column-run = Exécution
column-rows_new = Nouvelles
column-rows_changed = Modifiées
column-rows_rejected = Rejetées
column-entity = Données
column-records = Lignes
column-newest_one = La plus récente
column-measured = Mesure
column-rejected_values = Rejetées
column-plausible = Plausible
column-least = Minimum
column-greatest = Maximum
column-days_in_another_unit = Jours dans une autre unité
column-unit_since = Unité depuis
column-table = Table
column-co_mg_m = CO, mg/m³
column-pm2_5_by_day = PM2.5 par jour
column-pm2_5_change = PM2.5, évolution
column-pm2_5_above = PM2.5, jours au-dessus de la limite
column-pm2_5_days = PM2.5, jours valides
column-co_change = CO, évolution
column-co_above = CO, jours au-dessus de la limite
column-co_days = CO, jours valides

## Vue d’ensemble

overview-day_vs_usual = { $day }, { $change } par rapport à l’habitude
overview-closed_in =
    { $closed ->
        [one] { $closed } magasin fermé sur { $stores }
       *[other] { $closed } magasins fermés sur { $stores }
    }
overview-closed_in_why =
    { $closed ->
        [one] { $closed } magasin fermé sur { $stores } : { $reason }
       *[other] { $closed } magasins fermés sur { $stores } : { $reason }
    }
overview-best_and_worst = Les magasins en hausse et en baisse
overview-latest = { $days } : le dernier jour complet de chaque magasin par rapport à l’habitude, c’est-à-dire la moyenne du même jour de la semaine sur les quatre semaines précédentes, hors jours de fermeture.
overview-all_stores = Tous les magasins
overview-no_day = Aucune journée n’est encore complète.
overview-all_until = Tous les magasins réunis, jusqu’au { $moment }.

## Explorateur

explorer-by = Par
explorer-of = Pour
explorer-days = Jours
explorer-hours = Heures
explorer-all = Tous
explorer-choose_stores =
    { $count ->
        [one] { $count } magasin sur { $all } : choisir
       *[other] { $count } magasins sur { $all } : choisir
    }
explorer-choose_sensors =
    { $count ->
        [one] { $count } capteur sur { $all } : choisir
       *[other] { $count } capteurs sur { $all } : choisir
    }
explorer-no_data = Pas de données pour ces jours.
explorer-choose_a_store = Choisissez au moins un magasin.
explorer-choose_a_sensor = Choisissez au moins un capteur.
explorer-days_of =
    { $count ->
        [one] { $count } jour
       *[other] { $count } jours
    }
explorer-hours_of =
    { $count ->
        [one] { $count } heure
       *[other] { $count } heures
    }
explorer-count_stores = { $count } magasins
explorer-count_sensors = { $count } capteurs
explorer-said = { $what } : { $rows }, à l’heure du magasin.
explorer-too_many_stores = Plus de { $most } lignes : le reste est laissé de côté. Choisissez moins de jours ou de magasins.
explorer-too_many_sensors = Plus de { $most } lignes : le reste est laissé de côté. Choisissez moins de jours ou de capteurs.
explorer-scales = Chaque graphique a sa propre échelle.
explorer-first_charts = Les { $charts } premiers ont un graphique ; le tableau les contient tous.
explorer-data = Données

## Magasins et capteurs

stores-about = Le dernier jour complet de chaque magasin, et les huit semaines qui s’achèvent ce jour-là. Choisissez un magasin pour voir ses jours, ses heures et ses portes.
stores-sold = Le taux de transformation et le chiffre d’affaires portent sur les quatre dernières semaines.
store-a_year_ago = Même jour un an plus tôt
store-open = ouvert de { $from } à { $to } ({ $timezone })
store-doors =
    { $doors ->
        [one] { $doors } porte
       *[other] { $doors } portes
    }
store-latest = Le dernier jour complet.
store-latest_closed = Le dernier jour complet, { $closed }.
store-until = Jusqu’au { $day }, { $hour } à l’heure du magasin.
store-nothing = Aucune donnée reçue pour l’instant.
store-sales = Ventes et taux de transformation
store-sales_note = Les mêmes jours, dans la mesure où ils sont terminés et leurs ventes connues.
store-no_sales = Les ventes de ces jours ne sont pas connues.
store-week = La semaine, heure par heure
store-week_note = La moyenne de chaque heure sur les huit dernières semaines, à l’heure du magasin, hors jours de fermeture.
store-doors_title = Portes
store-doors_note = { $day } : chaque porte par rapport à l’habitude.
store-health = Qualité du comptage
store-health_note = Les quatre dernières semaines. Choisissez un capteur pour voir ses heures.
store-replaced =
    { $count ->
        [one] { $count } capteur remplacé :
       *[other] { $count } capteurs remplacés :
    }
store-replaced_until = jusqu’au { $moment }
hours-about = Les derniers de ces jours, à l’heure du magasin ; cette page garde quatre semaines d’heures.
hours-more = En voir plus dans l’explorateur
sensors-about = Tous les appareils qui ont compté à une porte depuis le début des données, avec le dernier jour complet de leur magasin. Choisissez-en un pour voir ses jours et ses heures.
sensor-door = porte { $door } · installé le { $day }
sensor-replaced = Remplacé : il a compté jusqu’au { $moment }.
sensor-replaced_name = { $name } (remplacé)
sensor-no_readings = Aucun relevé pour l’instant.
sensor-silent =
    { $hours ->
        [one] Muet depuis { $hours } heure d’ouverture : dernier relevé le { $moment }.
       *[other] Muet depuis { $hours } heures d’ouverture : dernier relevé le { $moment }.
    }
sensor-in_service = En service : dernier relevé le { $moment }.
sensor-successor = Il a été remplacé par
sensor-predecessor = Il remplace
sensor-until_replaced = Jusqu’à son remplacement.

## Ventes, commandes, performance

sales-last_7_days = 7 derniers jours
sales-last_4_weeks = 4 dernières semaines
sales-vs_7_days = { $change } par rapport aux 7 jours précédents
sales-vs_4_weeks = { $change } par rapport aux 4 semaines précédentes
sales-all = Toutes les ventes
sales-returns = Retours
sales-returns_note =
    { $units ->
        [one] { $units } article rendu ; déduit partout du chiffre d’affaires et des quantités
       *[other] { $units } articles rendus ; déduits partout du chiffre d’affaires et des quantités
    }
sales-revenue_per_sale = Panier moyen
sales-average = moyenne de toutes les ventes
sales-about = Le chiffre d’affaires est ce que les clients ont payé, taxes comprises et retours déduits, en { $currency }, du { $first } au { $last }. Une ligne qui n’indique pas le montant payé compte au prix en vigueur lors de sa première réception.
sales-others = Les ventes dans d’autres devises n’entrent dans aucun de ces chiffres : { $amounts }.
sales-other =
    { $sales ->
        [one] { $amount } ({ $sales } vente)
       *[other] { $amount } ({ $sales } ventes)
    }
sales-of = pour
sales-all_stores = tous les magasins
sales-late = Des ventes d’un jour terminé peuvent encore être saisies après coup.
sales-shares = Chiffre d’affaires par produit, par région et par magasin
sales-shares_note = Parts du chiffre d’affaires de ces jours, et leur évolution.
sales-by_product = Par produit
sales-by_region = Par région
sales-unsold = Invendus sur les quatre dernières semaines : { $products }.
sales-rejected = Lignes rejetées
sales-rejected_note =
    { $lines ->
        [one] { $lines } ligne des trois fichiers n’a pas pu être exploitée, ou pas en entier ; si c’est une vente, elle n’entre pas dans les chiffres ci-dessus. Une ligne dont le produit ou le magasin est inconnu compte dès qu’il est connu.
       *[other] { $lines } lignes des trois fichiers n’ont pas pu être exploitées, ou pas en entier ; les ventes parmi elles n’entrent pas dans les chiffres ci-dessus. Une ligne dont le produit ou le magasin est inconnu compte dès qu’il est connu.
    }
orders-last_hour = Dernière heure
orders-last_24_hours = Dernières 24 heures
orders-in_24_hours = Commandes en 24 heures
orders-all = Toutes les commandes
orders-count =
    { $orders ->
        [one] { $orders } commande
       *[other] { $orders } commandes
    }
orders-vs_24_hours = { $change } par rapport aux 24 heures précédentes
orders-lost =
    { $orders ->
        [one] { $orders } autre ne compte pas
       *[other] { $orders } autres ne comptent pas
    }
orders-since =
    { $orders ->
        [one] { $orders } commande depuis le { $moment }
       *[other] { $orders } commandes depuis le { $moment }
    }
orders-newest = Dernière commande : { $moment } ;
orders-about = les heures se comptent à rebours à partir d’elle. Le chiffre d’affaires est le montant facturé moins les remboursements, en { $currency }, des commandes qui comptent : celles qui ne sont ni annulées, ni retournées, ni retirées.
orders-refunded = Sur les commandes des dernières 24 heures, { $amount } ont été remboursés.
orders-others = Les commandes dans d’autres devises n’entrent dans aucun de ces chiffres : { $amounts }, en tout.
orders-other =
    { $orders ->
        [one] { $amount } ({ $orders } commande)
       *[other] { $amount } ({ $orders } commandes)
    }
orders-by_day = En UTC, aussi loin que remontent les commandes. Les chiffres portent sur les jours terminés ; la suite de la page porte aussi sur les jours choisis ici.
orders-by_status = Commandes par statut
orders-by_status_note = Toutes les commandes des jours choisis, y compris celles qui ne comptent pas et celles du jour en cours.
orders-products = Meilleures ventes
orders-products_note = Parts du chiffre d’affaires des jours choisis et terminés, et leur évolution.
orders-countries = Pays
orders-countries_note = Le pays du client au moment de la commande.
orders-unknown =
    { $orders ->
        [one] { $orders } commande compte comme « inconnu » tant que son client n’est pas arrivé.
       *[other] { $orders } commandes comptent comme « inconnu » tant que leur client n’est pas arrivé.
    }
performance-about = Les magasins connus à la fois des compteurs et des fichiers de vente. Les ratios portent sur les visiteurs estimés ; le chiffre d’affaires est net des retours ; une vente est un ticket ou, si les fichiers n’en ont pas, une ligne vendue. La page d’un magasin en donne le détail par jour.
performance-change = Une évolution ne compte que les jours terminés et connus des deux côtés.
performance-low = Moins fiable, car moins de 80 % des heures d’ouverture ont été comptées certains jours : { $stores }.
performance-none = Aucun magasin n’est connu des deux côtés : indiquez les correspondances dans seeds/store_mapping.csv.

## Air

air-about = Les dernières heures de chaque station et les deux prochaines, et son dernier jour complet au regard des seuils sur 24 heures de l’OMS (2021) : PM2.5 { $pm2_5 } µg/m³, CO { $co } mg/m³. Un jour est valide si au moins 18 de ses heures ont été mesurées. Choisissez une station pour voir ses heures, ses jours et ses prévisions.
air-above = { $pollutant } au-dessus de la limite
air-stations_latest = stations, dernier jour complet
air-newest_hour = Dernière heure
air-oldest_station = Station la plus en retard
air-baselines = Prévision égale à la dernière valeur, pour la raison donnée sur leur page : { $stations }.
air-days = La moyenne des moyennes quotidiennes de chaque station, pour les jours choisis et valides, en jours UTC. Une évolution ne compte que les jours valides des deux côtés.
air-measured = mesuré
air-so_far = jusqu’ici : heure incomplète
air-forecast = prévu
air-forecast_before = prévu une heure avant
air-interval = intervalle à 90 %
air-measured_value = mesuré : { $value }
air-measured_so_far = mesuré jusqu’ici : { $value }
air-not_reported = non communiqué
air-forecast_value = prévu : { $value }
air-forecast_before_value = prévu une heure avant : { $value }
air-interval_value = intervalle à 90 % : de { $lower } à { $upper }
air-by_hour = { $name } par heure, mesuré et prévu, en { $unit }
means-name = moyenne
means-within = sous la limite
means-above = au-dessus de la limite
means-not_valid = moins de 18 heures : non valide
means-so_far = jusqu’ici : journée en cours
means-limit = limite : { $limit } { $unit }
means-mean =
    { $hours ->
        [one] moyenne : { $mean } { $unit } sur { $hours } heure
       *[other] moyenne : { $mean } { $unit } sur { $hours } heures
    }
means-by_day = { $name } par jour au regard de la limite, en { $unit }
station-id = Station { $id }
station-id_and_place = Station { $id }, latitude { $north }, longitude { $east }
station-data = données jusqu’au { $newest }, depuis le { $first }
station-no_data = aucune donnée reçue pour l’instant
station-temperature = Température
station-temperature_inside = Température intérieure
station-humidity = Humidité
station-hour_so_far = { $hour }, jusqu’ici
station-ahead = { $time } UTC, prévision
station-ahead_last_value = { $time } UTC, dernière valeur
station-not_valid =
    { $hours ->
        [one] { $hours } heure : non valide
       *[other] { $hours } heures : non valide
    }
station-days_above = Jours au-dessus de la limite
station-days_above_note = { $above } sur { $valid } jours valides depuis le { $day }
station-missing = { $pollutant } : données manquantes
station-missing_note =
    { $days ->
        [one] des heures du dernier jour
       *[other] des heures des { $days } derniers jours
    }
station-missing_ever = { $pollutant } : manquantes depuis le début
station-missing_hours = { $hours } heures sur { $all }
station-days = Les jours des graphiques par jour :
station-no_better = Pas de meilleure prévision pour { $pollutant } que la dernière valeur :
station-by_hour = { $pollutant } heure par heure, { $unit }
station-by_hour_note = Les trois derniers jours, en UTC, et les deux prochaines heures.
station-by_day = { $pollutant }, moyennes journalières, { $unit }
station-by_day_note = Par jour UTC, au regard du seuil sur 24 heures de l’OMS.
station-accuracy = Précision des prévisions
station-accuracy_note = Sur les 60 derniers jours mesurés, chacune à partir de ce qui était alors connu. L’EAM (erreur absolue moyenne) est dans l’unité du polluant ; elle est comparée à deux références : la dernière valeur, et celle de la veille à la même heure. 90 % des valeurs devraient tomber dans l’intervalle à 90 %.
station-no_accuracy = Aucune heure prévue n’a encore été mesurée.
station-missing_title = Heures manquantes
station-restated = Heures corrigées
station-restated_note = Heures que le réseau a republiées avec une autre valeur ; la plus récente compte. Compléter une heure incomplète n’est pas une correction.
station-no_restated = Aucune heure n’a été corrigée depuis le début de cet entrepôt de données.

## Santé des capteurs

health-need_technician = À faire réparer
health-in_service = capteurs en service
health-to_watch = À surveiller
health-sensors = capteurs
health-visits_4_weeks = visiteurs en quatre semaines
health-for_not_counted = dont { $visits } pour ce qui n’a pas été compté
health-of_open_hours = des heures d’ouverture
health-which = Les portes qui demandent un technicien
health-technician = { $store } : { $sensor } demande un technicien
health-watch = { $store } : { $sensor } à surveiller
health-reason = { $reason }.
health-reason_since = { $reason } depuis le { $day }.
health-reason_hours =
    { $hours ->
        [one] { $reason }, { $hours } heure d’ouverture.
       *[other] { $reason }, { $hours } heures d’ouverture.
    }
health-reason_since_hours =
    { $hours ->
        [one] { $reason } depuis le { $day }, soit { $hours } heure d’ouverture.
       *[other] { $reason } depuis le { $day }, soit { $hours } heures d’ouverture.
    }
health-coverage_7d = { $share } des heures comptées en sept jours.
health-cost =
    { $visits ->
        [one] { $visits } visiteur estimé en quatre semaines.
       *[other] { $visits } visiteurs estimés en quatre semaines.
    }
health-more =
    { $count ->
        [one] { $count } autre figure dans le tableau de tous les capteurs.
       *[other] { $count } autres figurent dans le tableau de tous les capteurs.
    }
health-none = Aucune : tous les capteurs en service comptent comme il faut.
health-by_store = Les quatre dernières semaines : visiteurs observés, visiteurs estimés, et part des heures d’ouverture qui a été comptée. La page d’un magasin montre ses portes jour par jour.
health-by_store_until = Les quatre dernières semaines, jusqu’au { $day } : visiteurs observés, visiteurs estimés, et part des heures d’ouverture qui a été comptée. La page d’un magasin montre ses portes jour par jour.
health-all = Tous les capteurs
health-all_note = Par magasin. Un capteur remplacé au cours des quatre dernières semaines y figure, signalé ; ses visiteurs comptent dans ceux de son magasin.
health-alerts = Alertes des capteurs
health-key_all = toutes les heures d’ouverture comptées
health-key_80 = 80 % et plus
health-key_50 = 50 % et plus
health-key_less = moins de 50 %
health-key_stuck = bloqué
health-key_anomalies = 3 anomalies et plus
health-key_impossible = valeur impossible
health-no_hours = { $day } : aucune heure
health-closed = { $day } : fermé
health-counted = { $day } : { $hours } heures d’ouverture comptées sur { $all }
health-outage =
    { $hours ->
        [one] { $hours } manquante
       *[other] { $hours } manquantes à la suite
    }
health-stuck =
    { $hours ->
        [one] { $hours } heure bloquée sur le même chiffre
       *[other] { $hours } heures bloquées sur le même chiffre
    }
health-impossible =
    { $values ->
        [one] { $values } valeur impossible
       *[other] { $values } valeurs impossibles
    }
health-anomalies =
    { $anomalies ->
        [one] { $anomalies } anomalie
       *[other] { $anomalies } anomalies
    }
health-estimated =
    { $visits ->
        [one] { $visits } visiteur estimé
       *[other] { $visits } visiteurs estimés
    }

## Chaîne de données

usable-yes = Les chiffres du jour sont utilisables.
usable-with_care = Les chiffres du jour sont utilisables avec prudence.
usable-no = Les chiffres du jour ne sont pas utilisables.
usable-stale = Le dernier calcul a échoué ; les pages montrent des chiffres plus anciens.
pipeline_state-never_built = Rien n’a encore été calculé.
pipeline_state-build_failed = Le dernier calcul a échoué.
pipeline_state-build_failed_with = Le dernier calcul a échoué : { $error }.
pipeline_state-tests_fail =
    { $failed ->
        [one] { $failed } test sur { $all } échoue.
       *[other] { $failed } tests sur { $all } échouent.
    }
pipeline_state-sources_failed =
    { $failed ->
        [one] { $failed } source sur { $all } n’a pas pu être chargée ; ses chiffres s’arrêtent plus tôt.
       *[other] { $failed } sources sur { $all } n’ont pas pu être chargées ; leurs chiffres s’arrêtent plus tôt.
    }
pipeline_state-sources_old =
    { $old ->
        [one] { $old } source sur { $all } n’a rien apporté de nouveau depuis trop longtemps.
       *[other] { $old } sources sur { $all } n’ont rien apporté de nouveau depuis trop longtemps.
    }
pipeline_state-all_well = Toutes les sources sont chargées, tous les tests réussissent.
pipeline-last_build = Dernier calcul réussi
pipeline-no_build = aucun
pipeline-sources = Sources
pipeline-fresh = chargées et à jour
pipeline-tests = Tests
pipeline-pass = réussis
pipeline-pass_warned = réussis, dont { $tests } avec avertissement
pipeline-alerts = Alertes
pipeline-open = en cours
pipeline-warehouse = Entrepôt de données
pipeline-on_disk = sur le disque
pipeline-ages = L’âge se mesure à la fin du dernier chargement. De plusieurs magasins ou stations, le plus en retard compte.
pipeline-ages_at = L’âge se mesure à la fin du dernier chargement, le { $moment }. De plusieurs magasins ou stations, le plus en retard compte.
pipeline-open_alerts = Alertes en cours
pipeline-since = Depuis le { $moment }.
pipeline-all_pass =
    { $tests ->
        [one] Le seul test réussit.
       *[other] Les { $tests } tests réussissent.
    }
pipeline-all_pass_at =
    { $tests ->
        [one] Le seul test réussit, au { $moment }.
       *[other] Les { $tests } tests réussissent, au { $moment }.
    }
pipeline-all_tests = Tous les tests et leur dernier résultat
pipeline-run_times = Durées
pipeline-builds = Calculs
pipeline-ingestions = Chargements
pipeline-seconds_build = secondes par calcul
pipeline-seconds_ingestion = secondes par chargement
pipeline-megabytes = Mo sur le disque après chaque calcul
pipeline-said_build = { $seconds } s
pipeline-said_ingestion = { $seconds } s, lignes nouvelles : { $rows }
pipeline-said_size = { $size } Mo, dont { $free } Mo libres
pipeline-rejected = Lignes rejetées
pipeline-rejected_note = Les lignes rejetées ne comptent dans aucun total.
pipeline-each_rejected = Chaque ligne rejetée, par référence
pipeline-air_values = Valeurs de l’air impossibles
pipeline-air_values_note = Les valeurs hors de leur plage plausible ne comptent dans aucune moyenne ; les autres valeurs des mêmes heures comptent. Un jour dont les valeurs sont cent fois plus grandes ou plus petites que les précédentes est sans doute dans une autre unité.
pipeline-from_to = de { $lowest } à { $highest }
pipeline-the_warehouse = L’entrepôt de données
pipeline-closed_alerts = Alertes closes
run-of = { $what } : { $source }

## À surveiller, et les alertes

attention-title = À surveiller
attention-nothing = Rien à signaler.
attention-full_stop = { $text }.
attention-list = { $list }.
attention-longer_list =
    { $more ->
        [one] { $list } et { $more } autre.
       *[other] { $list } et { $more } autres.
    }
alerts-sensor_below-message =
    { $visits ->
        [one] { $entity } a compté { $visits } visiteur pendant l’heure du { $moment }
       *[other] { $entity } a compté { $visits } visiteurs pendant l’heure du { $moment }
    }
alerts-sensor_below-title =
    { $count ->
        [one] { $place } : une porte compte peu
       *[other] { $place } : { $count } portes comptent peu
    }
alerts-sensor_below-in_list = { $entity } a compté { $value }
alerts-sensor_silent-message =
    { $hours ->
        [one] { $entity } est muet depuis { $hours } heure d’ouverture ; son dernier relevé date du { $moment }
       *[other] { $entity } est muet depuis { $hours } heures d’ouverture ; son dernier relevé date du { $moment }
    }
alerts-sensor_silent-without_a_reading =
    { $hours ->
        [one] { $entity } est muet depuis { $hours } heure d’ouverture et n’a encore envoyé aucun relevé
       *[other] { $entity } est muet depuis { $hours } heures d’ouverture et n’a encore envoyé aucun relevé
    }
alerts-sensor_silent-title =
    { $count ->
        [one] { $place } : une porte est muette
       *[other] { $place } : { $count } portes sont muettes
    }
alerts-sensor_silent-in_list = { $entity } depuis { $value } heures d’ouverture
alerts-store_day_off_usual-message = { $store } a reçu { $percent } % de visiteurs de plus que d’habitude le { $day }
alerts-store_day_off_usual-below = { $store } a reçu { $percent } % de visiteurs de moins que d’habitude le { $day }
alerts-store_day_off_usual-title =
    { $count ->
        [one] { $place } : une journée inhabituelle
       *[other] { $place } : { $count } journées inhabituelles
    }
alerts-coverage_below-message = { $store } n’a été compté que pendant { $percent } % de ses heures d’ouverture le { $day }
alerts-coverage_below-title =
    { $count ->
        [one] { $place } : comptage incomplet
       *[other] { $place } : { $count } jours de comptage incomplet
    }
alerts-feed_old-message = { $source } : rien de plus récent que le { $moment }
alerts-feed_old-of_one_feed = { $source } de { $entity } : rien de plus récent que le { $moment }
alerts-feed_old-never = { $source } de { $entity } : rien reçu pour l’instant
alerts-feed_old-title =
    { $count ->
        [one] { $place } : pas de nouvelles données
       *[other] { $count } flux n’apportent pas de nouvelles données
    }
alerts-source_stale-message = { $source } : dernier chargement le { $moment }
alerts-source_stale-title =
    { $count ->
        [one] { $place } : pas de chargement depuis trop longtemps
       *[other] { $count } sources ne sont plus chargées depuis trop longtemps
    }
alerts-ingestion_failed-message = { $source } : le chargement a échoué : { $error }
alerts-ingestion_failed-without_an_error = { $source } : le chargement a échoué
alerts-ingestion_failed-title =
    { $count ->
        [one] { $place } : le dernier chargement a échoué
       *[other] { $count } chargements ont échoué
    }
alerts-air_limit_passed-message = { $pollutant } à la station { $station } : { $mean } { $unit } en moyenne le { $day }
alerts-air_limit_passed-title =
    { $count ->
        [one] Air : une limite est dépassée
       *[other] Air : { $count } limites sont dépassées
    }
alerts-rejected_above-message =
    { $records ->
        [one] { $source } : { $records } ligne rejetée en 24 heures, sur { $rows } reçues
       *[other] { $source } : { $records } lignes rejetées en 24 heures, sur { $rows } reçues
    }
alerts-rejected_above-title =
    { $count ->
        [one] { $place } : des lignes rejetées
       *[other] { $count } sources ont des lignes rejetées
    }
alerts-test_failed-message = Le test { $entity } a échoué
alerts-test_failed-of_a_model = Le modèle { $entity } a échoué
alerts-test_failed-title =
    { $count ->
        [one] { $place } : un test a échoué
       *[other] { $count } tests ont échoué
    }
alerts-test_failed-in_list = { $entity }

## Mots des données

state-in_service = en service
state-replaced = remplacé
state-silent = muet
state-no_readings_yet = aucun relevé
state-technician = technicien
state-watch = à surveiller
state-ok = bon
state-fresh = à jour
state-failed = échec
state-old = ancien
state-nothing_yet = rien encore
reason-silent = muet
reason-stuck = bloqué
reason-mostly_missing = presque tout manque
reason-counts_wrong = compte mal
reason-impossible_values = valeurs impossibles
reason-often_missing = manque souvent
verdict-above = au-dessus
verdict-within = en dessous
verdict-too_few_hours = trop peu d’heures
model-forecast = prévision
model-last_value = dernière valeur
outcome-ok = réussi
outcome-failed = échec
outcome-pass = réussi
outcome-fail = échec
outcome-warn = avertissement
outcome-error = erreur
outcome-skipped = omis
order-unknown = inconnu
order-not_known_yet = pas encore connu
region-unknown = inconnue
run-ingestion = chargement
run-publishing = publication
run-alerts = alertes
source-footfall = fréquentation
source-retail = ventes en magasin
source-orders = commandes en ligne
source-air_quality = qualité de l’air
entity-products = produits
entity-stores = magasins
entity-sales = ventes
entity-sensors = capteurs
entity-readings = relevés
entity-orders = commandes
entity-customers = clients
entity-stations = stations
entity-hourly = mesures horaires
status-approved = approuvée
status-authorized = autorisée
status-auto_draft = brouillon automatique
status-canceled = annulée
status-cancelled = annulée
status-checkout_draft = panier en cours
status-closed = clôturée
status-completed = terminée
status-delivered = livrée
status-draft = brouillon
status-expired = expirée
status-failed = échouée
status-fulfilled = traitée
status-on_hold = en attente
status-open = ouverte
status-paid = payée
status-partial = partielle
status-partially_fulfilled = traitée en partie
status-partially_paid = payée en partie
status-partially_refunded = remboursée en partie
status-pending = en attente de paiement
status-placed = passée
status-prepared = préparée
status-processing = en préparation
status-proposed = proposée
status-refunded = remboursée
status-reserved = réservée
status-restocked = remise en stock
status-returned = retournée
status-shipped = expédiée
status-trash = à la corbeille
status-unfulfilled = non traitée
status-voided = invalidée

## Jours fériés de seeds/holidays.csv

holiday-All_Saints_Day = Toussaint
holiday-All_Saints_Day_National_Unity_Day = Toussaint ; fête de l’Unité nationale
holiday-Armistice_Day = Armistice
holiday-Ascension_Day = Ascension
holiday-Assumption_Day = Assomption
holiday-Assumption_Of_Mary_Day = Assomption
holiday-Boxing_Day = lendemain de Noël
holiday-Boxing_Day_observed_ = lendemain de Noël (reporté)
holiday-Christmas_Day = Noël
holiday-Christmas_Day_observed_ = Noël (reporté)
holiday-Constitution_Day = jour de la Constitution
holiday-Coronation_of_Charles_III = couronnement de Charles III
holiday-Easter_Monday = lundi de Pâques
holiday-Easter_Sunday = dimanche de Pâques
holiday-Epiphany = Épiphanie
holiday-German_Unity_Day = jour de l’Unité allemande
holiday-Good_Friday = Vendredi saint
holiday-Immaculate_Conception = Immaculée Conception
holiday-Labor_Day = fête du Travail
holiday-Liberation_Day = fête de la Libération
holiday-May_Day = fête du 1er Mai
holiday-National_Day = fête nationale
holiday-National_Unity_Day = fête de l’Unité nationale
holiday-New_Year_s_Day = jour de l’An
holiday-New_Year_s_Day_observed_ = jour de l’An (reporté)
holiday-Pentecost_Monday = lundi de Pentecôte
holiday-Platinum_Jubilee_of_Elizabeth_II = jubilé de platine d’Élisabeth II
holiday-Reformation_Day = fête de la Réformation
holiday-Republic_Day = fête de la République
holiday-Saint_Francis_of_Assisi_Patron_Saint_of_Italy = saint François d’Assise, patron de l’Italie
holiday-Saint_Stephen_s_Day = Saint-Étienne
holiday-Second_Day_of_Christmas = lendemain de Noël
holiday-Spring_Bank_Holiday = jour férié de printemps
holiday-State_Funeral_of_Queen_Elizabeth_II = funérailles d’État d’Élisabeth II
holiday-Victory_Day = Victoire de 1945

## Prévisions de fréquentation, effectifs, objectifs, événements

forecast-title = Les deux semaines à venir
forecast-chart = Fréquentation par jour, et sa prévision
forecast-key = prévision
forecast-interval = quatre jours sur cinq s’y situent
forecast-value = prévision : { $visits }
forecast-value_before = la prévision était de { $visits }
forecast-interval_value = quatre jours sur cinq se situent entre { $lower } et { $upper }
forecast-more = Toutes les prévisions
forecast-sum = Prévision du { $first } au { $last } : { $visits } visiteurs.
forecast-days_without =
    { $days ->
        [one] Pour un jour d’ouverture, aucun jour comparable n’est encore connu : il n’a pas de prévision.
       *[other] Pour { $days } jours d’ouverture, aucun jour comparable n’est encore connu : ils n’ont pas de prévision.
    }
forecast-why = La prévision est la médiane des huit derniers jours ordinaires du même jour de la semaine : { $reason }.
forecast-not_yet = Pas encore de prévision : aucun jour comparable n’est connu.
forecast-ended = Pas de prévision : le magasin n’a transmis aucun jour complet depuis deux semaines.
forecast-good = Sur les huit dernières semaines, l’écart moyen des prévisions est de { $error } des visiteurs, et { $covered } des jours se situent dans leur intervalle (prévisions : { $forecasts }).
forecast-about = Du { $first } au { $last }, d’après ce qui était connu la veille. Magasins avec une prévision : { $stores } sur { $all }.
forecast-none = Aucun magasin n’a encore de prévision : il faut quelques semaines de données.
forecast-by_store = Par magasin
forecast-by_store_note = L’erreur est la somme des écarts des prévisions des huit dernières semaines, faites 1 à 14 jours à l’avance, en pourcentage des visiteurs venus.
forecast-accuracy = La qualité des prévisions
forecast-accuracy_note = Les prévisions des huit dernières semaines, faites 1 à 14 jours à l’avance avec ce qui était alors connu, comparées aux visiteurs venus les jours d’ouverture. Tous magasins confondus.
forecast-no_accuracy = Aucune prévision n’est encore échue.
forecast-error = Erreur des prévisions
forecast-error_of = sur { $forecasts } prévisions
forecast-error_mean_of_four = Erreur de la moyenne de quatre semaines
forecast-error_baseline = Erreur de la médiane de huit semaines
forecast-same_days = sur les mêmes jours
forecast-covered = Dans l’intervalle
forecast-covered_note = objectif : 80 %
reason-the_store_has_been_counted_for_less_than_six_weeks = le magasin est compté depuis moins de six semaines
reason-nobody_came_in_the_last_eight_weeks = personne n’est venu ces huit dernières semaines
reason-nothing_is_known_of_the_last_eight_weeks = on ne sait rien des huit dernières semaines
reason-there_are_too_few_days_to_learn_from = il y a trop peu de jours pour en tirer un modèle
reason-the_baseline_has_done_better_in_this_store = dans ce magasin, elle fait mieux que le modèle
reason-no_comparable_day_is_known_yet = aucun jour comparable n’est encore connu
reason-no_complete_day_for_two_weeks = aucun jour complet depuis deux semaines
staffing-title = Effectifs nécessaires
staffing-note = Pour la fréquentation prévue, répartie sur les heures comme le même jour des huit dernières semaines, selon les règles de seeds/staffing_rules.csv.
staffing-table = Effectifs nécessaires par jour et par heure
staffing-hours = Heures de travail
staffing-cell =
    { $people ->
        [one] { $day } à { $hour } : { $people } personne, visiteurs prévus : { $visits }
       *[other] { $day } à { $hour } : { $people } personnes, visiteurs prévus : { $visits }
    }
staffing-calendar = Agenda (iCalendar)
staffing-calendar_note = L’agenda d’un téléphone peut s’abonner à cette adresse.
staffing-calendar_name = Effectifs, { $store }
staffing-event =
    { $people ->
        [one] { $store } : { $people } personne
       *[other] { $store } : { $people } personnes
    }
staffing-event_note = Visiteurs prévus : { $visits }.
goals-title = Objectifs
goals-note = Ce que chaque mois a apporté, et où il mène : les visiteurs venus, plus la prévision des jours restants.
goals-all_stores = Tous les magasins
goals-unknown_store = magasin absent des données
goals-reached = atteint
goals-missed = non atteint
goals-no_forecast = pas de prévision pour la suite
goals-on_track = en bonne voie
goals-short = sous l’objectif
goals-days_unknown =
    { $days ->
        [one] { $days } journée de magasin inconnue
       *[other] { $days } journées de magasin inconnues
    }
goals-days_without =
    { $days ->
        [one] sans { $days } journée de magasin, qui n’a pas de prévision
       *[other] sans { $days } journées de magasin, qui n’ont pas de prévision
    }
event-in = { $label } ({ $names })
event-in_stores = { $label } ({ $stores } magasins)
like_for_like-title = À périmètre comparable
like_for_like-note = Chaque jour face au même jour de la semaine 52 semaines plus tôt, si les deux sont terminés, ouverts, connus et sans événement inhabituel. Ce qui a ouvert ou fermé entre-temps n’entre dans aucune des deux sommes.
like_for_like-growth = Évolution de la fréquentation
like_for_like-of = { $stores } magasins sur { $all }
like_for_like-before = { $visits } il y a 52 semaines
like_for_like-left_out =
    { $stores ->
        [one] Un magasin n’a aucun jour comparable.
       *[other] { $stores } magasins n’ont aucun jour comparable.
    }
like_for_like-none = Aucun de ces jours ne peut être comparé à l’année précédente.

## Le bulletin

digest-title = Tally, { $day }
digest-title_without_day = Tally
digest-until = Fréquentation jusqu’au { $moment }.
digest-nothing_yet = Aucun comptage reçu pour l’instant : `make ingest`, puis `make build publish`.
digest-stale = **Ces chiffres datent du { $built }.** Depuis le { $since }, tous les calculs ont échoué : { $reason }
digest-times = Les heures sont celles du fuseau { $timezone }.
digest-attention = À surveiller
digest-nothing = Rien à signaler.
digest-item = **{ $title }**. { $detail }
digest-item_critical = **{ $title }** (critique). { $detail }
digest-latest_day = Le dernier jour : { $day }
digest-on = le { $day }
digest-store = Magasin
digest-visits = Visiteurs
digest-usual = Habituel
digest-vs_usual = Écart
digest-trend = Tendance
digest-counted = Compté
digest-latest_day_note = Les visiteurs sont comptés, et estimés quand une porte ne l’a pas été. *Habituel* : moyenne du même jour de la semaine sur les quatre semaines précédentes, hors jours de fermeture. *Écart* : par rapport à l’habitude. *Tendance* : évolution de la moyenne sur 4 semaines, d’une semaine à l’autre.
digest-week = La semaine jusqu’au { $day }
digest-vs_week_before = sur une semaine
digest-vs_last_year = sur un an
digest-week_note = Sept jours entiers. Sur un an : ce qui avait été compté les mêmes jours de la semaine, 364 jours plus tôt.
digest-sales = Ventes
digest-sales_sum = { $amount } de chiffre d’affaires ; ventes : { $sales }, articles : { $units }.
digest-sales_sum_until = { $amount } de chiffre d’affaires jusqu’au { $day } ; ventes : { $sales }, articles : { $units }.
digest-returns =
    { $units ->
        [one] Les retours, { $amount } ({ $units } article), sont déduits.
       *[other] Les retours, { $amount } ({ $units } articles), sont déduits.
    }
digest-other_currencies = Les ventes dans d’autres devises n’entrent pas dans ces chiffres : { $amounts }.
digest-sales_week = La semaine jusqu’au { $day } : { $amount }.
digest-sales_week_change = La semaine jusqu’au { $day } : { $amount }, { $change } par rapport à la semaine précédente.
digest-region = Région
digest-product = Produit
digest-revenue = Chiffre d’affaires
digest-share = Part
digest-units = Articles
digest-air = Air
digest-station = Station
digest-in_1_h = Dans 1 h
digest-in_2_h = Dans 2 h
digest-day_s_mean = Moyenne du jour
digest-limit = Limite
digest-newest_hour = Dernière heure
digest-air_note = PM2.5 en µg/m³, maintenant puis dans une et deux heures ; le jour est le dernier jour complet de chaque station, sa limite est de { $limit }.
digest-co_above =
    { $above ->
        [one] Le CO a dépassé sa limite à { $above } station sur { $stations }.
       *[other] Le CO a dépassé sa limite à { $above } stations sur { $stations }.
    }

## Le rapport d’une semaine ou d’un mois

report-title_week = Tally : du { $begin } au { $end }
report-title_month = Tally : { $month }
report-stale = Toutes les mises à jour ont échoué depuis le { $since } ; les chiffres datent d’avant : { $reason }
report-no_pdf = Ce rapport n’a pas de PDF : la machine qui l’envoie n’a pas Chromium.
report-happened = Le bilan
report-why = Les raisons
report-coming = À venir
report-to_do = À faire
report-by_week = Fréquentation par semaine
report-like_for_like = Fréquentation à périmètre comparable
report-like_for_like_note = { $visits } il y a 52 semaines, sur les { $days } journées de magasin comparables, parmi { $all }
report-last_year = Écart à l’an dernier
report-conversion = Transformation
report-more_stores =
    { $stores ->
        [one] Et un autre magasin.
       *[other] Et { $stores } autres magasins.
    }
report-stores = { $stores } magasins
report-all_stores = tous les magasins
report-closed_in = fermé dans { $closed } magasins sur { $stores }
report-closed_in_all = fermé
report-closed = Fermeture, { $reason } : { $stores }, { $days }.
report-event = { $event }, { $days }, { $stores } : { $change } de visiteurs par rapport à l’habitude.
report-unusual = { $store } a reçu { $visits } visiteurs le { $day }, { $change } par rapport à l’habitude.
report-sensor = À { $store }, la porte { $sensor } n’a pas été comptée pendant { $missing } heures d’ouverture sur { $hours } ; visiteurs estimés : { $visits }.
report-nothing_behind = Ni fermeture, ni événement, ni porte muette, ni journée inhabituelle derrière ces chiffres.
report-coming_sum = Prévision du { $first } au { $last } : { $visits } visiteurs, { $change } par rapport aux quatre dernières semaines.
report-no_forecast = Pas encore de prévision.
report-person_hours = heures de travail : { $hours }
report-attention = { $title }. { $detail }
report-attention_urgent = Urgent : { $title }. { $detail }
report-goal_short = { $store } : d’après la prévision, il manque { $missing } visiteurs pour atteindre l’objectif de { $goal } ({ $month }).
report-goal_unknown = seeds/goals.csv fixe un objectif pour { $store }, un magasin absent des données.
report-fullest_hour =
    { $people ->
        [one] L’heure la plus chargée à { $store } : le { $day } à { $hour }, { $people } personne.
       *[other] L’heure la plus chargée à { $store } : le { $day } à { $hour }, { $people } personnes.
    }
report-more_to_do = Encore { $items } points à voir dans la vue d’ensemble.

## Le courriel des alertes

mail-subject = Tally : { $parts }
mail-subject_failed = envoi incomplet
mail-subject_alerts = alertes, { $counts }
mail-subject_opened =
    { $count ->
        [one] { $count } nouvelle
       *[other] { $count } nouvelles
    }
mail-subject_closed =
    { $count ->
        [one] { $count } close
       *[other] { $count } closes
    }
mail-subject_digest = le bulletin
mail-subject_digest_of = le bulletin ({ $day })
mail-failed = Ce qui n’a pas pu être préparé
mail-failed_note = Des chiffres peuvent manquer dans ce courriel. docs/runbook.md dit que faire.
mail-alerts_failed = Les alertes n’ont pas pu être lues : { $error }
mail-digest_failed = Le bulletin n’a pas pu être préparé : { $error }
mail-opened = Nouvelles alertes
mail-closed = Alertes closes
mail-times = Les heures sont celles du fuseau { $timezone }.
mail-alert = { $message } (depuis le { $opened })
mail-alert_critical = { $message } (critique, depuis le { $opened })
mail-alert_closed = { $message } (du { $opened } au { $closed })
mail-alert_closed_critical = { $message } (critique, du { $opened } au { $closed })
mail-rule = { $count } fois { $rule } : { $names }, la première le { $moment }
mail-rule_critical = { $count } fois { $rule } (critique) : { $names }, la première le { $moment }
mail-rule_more =
    { $more ->
        [one] { $names } et { $more } autre
       *[other] { $names } et { $more } autres
    }
